# Benchmarks: ratios measured side by side in one run; each prints JSON lines. Never part of the tests.
$(OUT)/bench/%: tests/bench/%.c $(LIB_A)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB_A) $(LDLIBS) -o $@

.PHONY: bench-event
bench-event: $(OUT)/bench/bench_event ## what the scanner costs: ns per event and byte
	$<
