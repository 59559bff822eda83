# Formatting and the rules of the tree, each proven by a script (scripts/check-*.sh).
C_FILES = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
SHELL_FILES = $(shell git ls-files --cached --others --exclude-standard '*.sh' .ci/run)

.PHONY: fmt lint lint-format lint-shell
fmt: ## apply .clang-format
	clang-format -i $(C_FILES)
lint: ## check formatting, layers, names, sizes, generated files, scripts
	scripts/test.sh lint
lint-format:
	clang-format --dry-run --Werror $(C_FILES)
lint-shell:
	shellcheck $(SHELL_FILES)
