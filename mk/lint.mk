# Formatting and the rules of the tree, each proven by a script.
C_FILES := $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')

.PHONY: fmt lint
fmt: ## apply .clang-format
	clang-format -i $(C_FILES)

lint: ## check formatting, layers, names, sizes, generated files, scripts
	clang-format --dry-run --Werror $(C_FILES)
