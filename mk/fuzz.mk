# Fuzzers: tests/fuzz/fuzz_<parser>.c with a corpus of its own; `make fuzz` explores, `make fuzz-replay` is an ordinary test.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_NAMES := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
FUZZ_SECONDS ?= 60
FUZZ_CFLAGS := -std=c11 -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/fuzz/obj/%.o)

$(BUILD)/fuzz/obj/%.o: %.c | $(GEN_BUILD)
	@mkdir -p $(@D)
	@clang $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/fuzz/libyavio.a: $(FUZZ_LIB_OBJ) $(GEN_OBJ:$(OUT)/obj/gen/%=$(BUILD)/fuzz/obj/gen/%)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/fuzz/obj/gen/%.o: $(GEN)/%.c | $(GEN_BUILD)
	@mkdir -p $(@D)
	@clang $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/fuzz/fuzz_native: $(BUILD)/fuzz/obj/daemon/shipper/native.o $(BUILD)/fuzz/obj/daemon/shipper/native_value.o
$(BUILD)/fuzz/fuzz_tokens: $(BUILD)/fuzz/obj/daemon/store/tokens.o
$(BUILD)/fuzz/fuzz_live: $(BUILD)/fuzz/obj/fcgi/live/position.o
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz/libyavio.a
	@clang $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(filter-out %.a,$^) $(filter %.a,$^) $(LDLIBS) -o $@
# The store's HTTP: its own objects before an engine that only checks.
FUZZ_STORE_SRC := $(filter-out %/main.c %/engine.c %/http.c %/options.c %/lock.c,$(wildcard daemon/store/*.c)) tests/fuzz/store_engine.c
$(BUILD)/fuzz/fuzz_store_http: $(FUZZ_STORE_SRC:%.c=$(BUILD)/fuzz/obj/%.o)

.PHONY: fuzz fuzz-replay
fuzz-replay: $(FUZZ_NAMES:%=$(BUILD)/fuzz/fuzz_%) ## run every fuzzer once over its corpus
	@set -e; for n in $(FUZZ_NAMES); do echo "fuzz_$$n"; $(BUILD)/fuzz/fuzz_$$n -runs=0 tests/fuzz/corpus/$$n; done
fuzz: $(FUZZ_NAMES:%=$(BUILD)/fuzz/fuzz_%) ## explore for FUZZ_SECONDS each; new inputs go to build/fuzz/found
	@set -e; for n in $(FUZZ_NAMES); do mkdir -p $(BUILD)/fuzz/found/$$n; \
		$(BUILD)/fuzz/fuzz_$$n -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/found/$$n tests/fuzz/corpus/$$n; done
-include $(shell find $(BUILD)/fuzz/obj -name '*.d' 2>/dev/null)
