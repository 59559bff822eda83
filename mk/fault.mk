# Everything that can go wrong, at once, under load. `make fault` also is tests/it/fault.test.mjs; `make soak` is long.
FAULT_LIBS := $(patsubst %.c,$(OUT)/%.so,$(wildcard tests/fault/*.c))
SOAK ?= seconds=600

$(FAULT_LIBS): $(OUT)/%.so: %.c
	@mkdir -p $(@D)
	@gcc -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -fPIC -shared $< -ldl -o $@
test-support: $(FAULT_LIBS)

FAULT_NODE = YAVIO_BIN_DIR=$(abspath $(OUT))/bin node
.PHONY: fault soak
fault: build test-support ## kill and spoil everything under load for 25 s; nothing acknowledged may be lost or doubled
	@$(FAULT_NODE) tests/fault/run.mjs seconds=25
soak: build test-support ## the same for minutes (SOAK="seconds=600 seed=7")
	@$(FAULT_NODE) tests/fault/run.mjs $(SOAK)
