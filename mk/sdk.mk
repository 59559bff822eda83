# The npm package in sdk/js: build, types, tests. Its tests bring their own stack.
SDK_NPM := sdk/js/node_modules/.package-lock.json
SDK_SRC := $(shell find sdk/js/src -name '*.ts' -o -name '*.tsx') sdk/js/package.json sdk/js/tsconfig.json sdk/js/scripts/build.mjs
SDK_DIST := sdk/js/dist/index.js

$(SDK_NPM): sdk/js/package-lock.json
	cd sdk/js && npm ci --silent --no-audit --no-fund
	@touch $@
$(SDK_DIST): $(SDK_NPM) $(SDK_SRC)
	@cd sdk/js && node scripts/build.mjs

.PHONY: sdk sdk-check test-sdk bench-sdk
sdk: $(SDK_DIST) ## build the npm package (sdk/js/dist)
test-sdk: ## tests of the npm package against a stack of its own
	scripts/test.sh sdk
sdk-check: sdk ## types and sizes of the npm package
	@cd sdk/js && node_modules/.bin/tsc -p . --noEmit && node scripts/size.mjs
bench-sdk: sdk ## what the SDK adds to a tool call, its memory and its size (BENCH="blocks=20 calls=1000")
	@cd sdk/js && node bench/overhead.mjs $(BENCH) && node --expose-gc bench/memory.mjs $(BENCH) && node scripts/size.mjs
