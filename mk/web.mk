# The dashboard's pages: web/ built into web/static, which Caddy serves. Types and error numbers are made from the API's own tables.
WEB_NPM := web/node_modules/.package-lock.json
WEB_PAGE := web/static/index.html
WEB_SRC := $(shell find web/src web/public web/scripts -type f 2>/dev/null) web/index.html web/package.json web/tsconfig.json web/vite.config.ts

.PHONY: web web-check
web: $(WEB_PAGE) ## build the dashboard's pages into web/static
# What a build needs are dependencies, what checks it devDependencies (WEB_ALL=1).
$(WEB_NPM): web/package-lock.json
	@echo "  NPM web"
	@cd web && npm ci --silent --no-audit --no-fund --omit=dev
	@touch $@
$(WEB_PAGE): $(WEB_NPM) $(WEB_SRC) docs/api/openapi.yaml lib/base/errors.tbl
	@echo "  WEB web/static"
	@cd web && npm run --silent build >../$(BUILD)/web.log 2>&1 || { cat ../$(BUILD)/web.log; exit 1; }
	@touch $@

web/node_modules/.dev: web/package-lock.json
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@ $(WEB_NPM)
web-check: web/node_modules/.dev ## types, lint and unit tests of the pages, sizes of what is built of them
	@cd web && npm run --silent check && npm run --silent lint && npm run --silent test
	@$(MAKE) --no-print-directory web && cd web && node scripts/sizes.mjs
