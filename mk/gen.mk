# Sources made from tables: committed ones (`make gen`, lint proves them fresh) and build-time ones under build/gen.
# A build-time generator adds its outputs: headers to GEN_BUILD, C files to GEN_SRC (linked into the library).
GEN_BUILD :=
GEN_SRC :=
-include mk/gen-*.mk
GEN_OBJ := $(GEN_SRC:$(GEN)/%.c=$(OUT)/obj/gen/%.o)

.PHONY: gen
gen: ## rewrite the committed files that are generated from tables
	scripts/gen-errors.sh
	scripts/gen-options.sh
