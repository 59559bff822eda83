# The queries of the analytics as C tables.
CH_QUERY_FILES := $(sort $(wildcard clickhouse/queries/*.sql))

$(GEN)/ch_queries.stamp: scripts/gen-ch-queries.sh clickhouse/functions.allow $(CH_QUERY_FILES)
	@scripts/gen-ch-queries.sh $(GEN) clickhouse/functions.allow $(CH_QUERY_FILES)
	@touch $@
$(GEN)/ch_queries.h $(GEN)/ch_queries.c: $(GEN)/ch_queries.stamp ;

GEN_BUILD += $(GEN)/ch_queries.h
GEN_SRC += $(GEN)/ch_queries.c
