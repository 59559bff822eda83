# ClickHouse files that become part of the library: the function list of the gate, the migrations.
GEN_BUILD += $(GEN)/ch_functions.inc

$(GEN)/ch_functions.inc: clickhouse/functions.allow scripts/gen-ch-functions.sh
	@mkdir -p $(@D)
	@scripts/gen-ch-functions.sh $< >$@.tmp && mv $@.tmp $@

