# Sources made from tables: committed ones (`make gen`, lint proves them fresh) and build-time ones under build/gen.
GEN_BUILD :=

.PHONY: gen
gen: ## rewrite the committed files that are generated from tables
	scripts/gen-errors.sh
