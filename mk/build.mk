# One static library of all modules, one program a directory that has a main.c, objects under build/<variant>.
LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(OUT)/obj/%.o)
LIB_A := $(OUT)/libyavio.a

# program name -> source directory
PROGRAM_DIRS := $(patsubst %/main.c,%,$(wildcard fcgi/*/main.c daemon/*/main.c cli/main.c))
program_name = $(if $(filter cli,$(1)),yavio,yavio-$(notdir $(1)))
PROGRAMS := $(foreach d,$(PROGRAM_DIRS),$(OUT)/bin/$(call program_name,$(d)))

.PHONY: build
build: $(PROGRAMS) ## compile every program into build/<variant>/bin

$(LIB_A): $(LIB_OBJ) $(GEN_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/obj/%.o: %.c | $(GEN_BUILD)
	@mkdir -p $(@D)
	@echo "  CC  $(VARIANT) $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/obj/gen/%.o: $(GEN)/%.c | $(GEN_BUILD)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

define program_rule
$(OUT)/bin/$(call program_name,$(1)): $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard $(1)/*.c)) $(LIB_A)
	@mkdir -p $$(@D)
	@echo "  LD  $(VARIANT) $$(@F)"
	@$(CC) $(CFLAGS) $(LDFLAGS) $$(LDFLAGS_$(notdir $(1))) $$(filter %.o,$$^) $(LIB_A) $$(LDLIBS_$(notdir $(1))) $(LDLIBS) -o $$@
endef
$(foreach d,$(if $(filter asan,$(VARIANT)),$(filter-out daemon/store,$(PROGRAM_DIRS)),$(PROGRAM_DIRS)),$(eval $(call program_rule,$(d))))

# The engine frees with libc's own free what ASan allocated: the sanitizer lane runs a store with UBSan alone.
.PHONY: ubsan-store
$(BUILD)/asan/bin/yavio-store: ubsan-store
	@$(MAKE) --no-print-directory VARIANT=ubsan $(BUILD)/ubsan/bin/yavio-store
	@mkdir -p $(@D)
	@cp -u $(BUILD)/ubsan/bin/yavio-store $@

# yavio-store loads the embedded engine when it starts (dlopen, by this run path).
LDFLAGS_store := -Wl,-rpath,'$$ORIGIN/../../lib' -Wl,-rpath,'$$ORIGIN/../lib'
LDLIBS_store := -ldl
$(OUT)/bin/yavio-store: | $(LIBCHDB)

$(LIBCHDB): scripts/fetch-libchdb.sh
	@scripts/fetch-libchdb.sh $(@D)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

.PHONY: clean
clean: ## remove build output (never YAVIO_HOME, never .env)
	rm -rf $(BUILD)
