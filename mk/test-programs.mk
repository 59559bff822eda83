# C drivers of integration tests: tests/programs/<name>.c becomes build/<variant>/tests/programs/<name>.
TEST_PROGRAM_SRC := $(wildcard tests/programs/*.c)
TEST_PROGRAMS := $(TEST_PROGRAM_SRC:tests/programs/%.c=$(OUT)/tests/programs/%)

$(OUT)/tests/programs/%: $(OUT)/obj/tests/programs/%.o $(LIB_A)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(LIB_A) $(LDLIBS) -o $@
$(OUT)/tests/programs/native: $(OUT)/obj/daemon/shipper/native.o $(OUT)/obj/daemon/shipper/native_value.o

.SECONDARY: $(TEST_PROGRAM_SRC:%.c=$(OUT)/obj/%.o)
test-support: $(TEST_PROGRAMS)
