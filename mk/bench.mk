# Benchmarks: ratios measured side by side in one run; each prints JSON lines. Never part of the tests.
$(OUT)/bench/%: tests/bench/%.c $(LIB_A)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(LIB_A) $(LDLIBS) -o $@

LOAD_OBJ := $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard tests/bench/load/*.c))
$(OUT)/bench/load: $(LOAD_OBJ) $(LIB_A)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(OUT)/bench/rows: $(OUT)/obj/tests/bench/rows.o $(OUT)/obj/tests/bench/load/body.o $(LIB_A)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

.PHONY: bench-event
bench-event: $(OUT)/bench/bench_event ## what the scanner costs: ns per event and byte
	$<

BENCH_NODE = YAVIO_BIN_DIR=$(abspath $(OUT))/bin node
.PHONY: bench-query bench-live bench-ingest bench-pipeline bench-memory bench-dashboard bench-api bench-login bench-web
bench-live: build test-support $(OUT)/bench/load ## live views while events arrive (BENCH="streams=500 seconds=30"; the soak: "streams=200 users=50 seconds=600")
	@$(BENCH_NODE) tests/bench/live.mjs $(BENCH)
bench-api: build test-support $(OUT)/bench/load $(OUT)/bench/null_worker ## logged-in reads against a worker that does nothing (BENCH="rounds=5 seconds=4")
	@$(BENCH_NODE) tests/bench/api.mjs $(BENCH)
bench-ingest: build test-support $(OUT)/bench/load $(OUT)/bench/null_worker ## ingest against a worker that does nothing (BENCH="rounds=5 seconds=4")
	@$(BENCH_NODE) tests/bench/ingest.mjs $(BENCH)
bench-pipeline: build test-support $(OUT)/bench/load ## highest rate that is visible within 2 s (BENCH="seconds=60 rate=0 from=20000")
	@$(BENCH_NODE) tests/bench/pipeline.mjs $(BENCH)
bench-memory: build test-support $(OUT)/bench/load ## resident memory of ingest workers over a million events (BENCH="events=10000000")
	@$(BENCH_NODE) tests/bench/memory.mjs $(BENCH)
bench-dashboard: build test-support $(OUT)/bench/load ## reads of the dashboard API with 100k users and 1M logins (BENCH="rounds=5 seconds=4")
	@$(BENCH_NODE) tests/bench/dashboard.mjs $(BENCH)
bench-login: build test-support ## logins of known and unknown addresses, and health while 20 people log in (BENCH="logins=200")
	@$(BENCH_NODE) tests/bench/login.mjs $(BENCH)
bench-query: build test-support $(OUT)/bench/load ## the dashboard's views over 10 million events (BENCH="dir=/var/tmp/bench rounds=7 phases=one,busy")
	@$(BENCH_NODE) tests/bench/query.mjs $(BENCH)
bench-web: build web test-support ## size, first paint, shifts and time to data of every page over many events (BENCH="events=200000 rounds=3")
	@$(BENCH_NODE) tests/bench/web.mjs $(BENCH)
