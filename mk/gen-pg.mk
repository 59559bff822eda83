# The named statements and the schema of PostgreSQL as C tables.
PG_QUERY_FILES := $(sort $(wildcard sql/queries/*.sql))
PG_MIGRATION_FILES := $(sort $(wildcard sql/migrations/*.sql))

$(GEN)/pg_queries.stamp: scripts/gen-queries.sh $(PG_QUERY_FILES)
	@scripts/gen-queries.sh $(GEN) $(PG_QUERY_FILES)
	@touch $@
$(GEN)/pg_queries.h $(GEN)/pg_queries.c: $(GEN)/pg_queries.stamp ;

$(GEN)/pg_migrations.stamp: scripts/gen-migrations.sh sql/roles.sql $(PG_MIGRATION_FILES)
	@scripts/gen-migrations.sh $(GEN) sql/roles.sql $(PG_MIGRATION_FILES)
	@touch $@
$(GEN)/pg_migrations.c: $(GEN)/pg_migrations.stamp ;

GEN_BUILD += $(GEN)/pg_queries.h
GEN_SRC += $(GEN)/pg_queries.c $(GEN)/pg_migrations.c
