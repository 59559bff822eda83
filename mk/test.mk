# Tests. tests/unit/test_<module>.c links the library; tests/unit/<program>/test_*.c links that program's objects too.
UNIT_SRC := $(wildcard tests/unit/test_*.c) $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)

program_dir_of = $(firstword $(wildcard fcgi/$(1) daemon/$(1)) $(filter $(1),cli))
define unit_rule
$(OUT)/tests/$(1): $(OUT)/obj/tests/unit/$(1).o $(LIB_A) $(if $(filter-out ./,$(dir $(1))),$(patsubst %.c,$(OUT)/obj/%.o,$(filter-out %/main.c,$(wildcard $(call program_dir_of,$(patsubst %/,%,$(dir $(1))))/*.c))))
	@mkdir -p $$(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) $$(filter %.o,$$^) $(LIB_A) -lcmocka $(if $(filter store/,$(dir $(1))),$$(LDFLAGS_store) $$(LDLIBS_store)) $(LDLIBS) -o $$@
endef
$(foreach t,$(UNIT_SRC:tests/unit/%.c=%),$(eval $(call unit_rule,$(t))))

.PHONY: test-deps unit unit-build unit-list test test-asan check it e2e test-support
unit-build: $(UNIT_BIN)
unit-list:
	@echo $(UNIT_BIN)
unit: $(UNIT_BIN) ## unit tests of one variant (VARIANT=release|clang|asan)
	@fail=0; for t in $(UNIT_BIN); do $$t || fail=1; done; exit $$fail

# What integration tests need besides the programs: npm packages at the locked versions, C drivers.
TEST_NPM := tests/node_modules/.package-lock.json
$(TEST_NPM): tests/package-lock.json
	cd tests && npm ci --silent --no-audit --no-fund
	@touch $@
test-support: $(if $(wildcard tests/package-lock.json),$(TEST_NPM))

test-deps:
	@scripts/install-deps.sh --test

it: ## integration tests against real PostgreSQL, store and Caddy
	scripts/test.sh it
e2e: ## journeys in headless Chromium against a whole stack
	scripts/test.sh e2e
check: ## lint and unit tests, the quick lane
	scripts/test.sh lint unit
test: test-deps ## everything that proves the checkout, but for the sanitizer lane
	scripts/test.sh lint unit unit-clang it e2e sdk fuzz
test-asan: test-deps ## unit and integration tests under AddressSanitizer and UBSan
	scripts/test.sh unit-asan it-asan
