# ClickHouse files that become part of the library: the function list of the gate, the migrations.
GEN_BUILD += $(GEN)/ch_functions.inc

$(GEN)/ch_functions.inc: clickhouse/functions.allow scripts/gen-ch-functions.sh
	@mkdir -p $(@D)
	@scripts/gen-ch-functions.sh $< >$@.tmp && mv $@.tmp $@


CH_FILES := clickhouse/schema_migrations.sql clickhouse/users.sql $(wildcard clickhouse/migrations/*.sql)
GEN_BUILD += $(GEN)/ch_files.inc

$(GEN)/ch_files.inc: $(CH_FILES) clickhouse/migrations scripts/gen-ch-files.sh
	@mkdir -p $(@D)
	@scripts/gen-ch-files.sh clickhouse >$@.tmp && mv $@.tmp $@
