# A stack of its own with invented events, and pictures of it.
.PHONY: demo demo-stop screenshots
demo: deps ## start a whole stack of its own, full of invented events; print its address and login
	@$(MAKE) -s --no-print-directory $(JOBS) VARIANT=$(VARIANT) build web bin/yavio
	@scripts/demo.sh start

demo-stop: ## stop the demo and remove its events
	@scripts/demo.sh stop

screenshots: build web test-support ## pictures of every page from a demo, into build/screenshots (SHOTS="only=overview,tools readme=1")
	@YAVIO_BIN_DIR=$(abspath $(OUT))/bin node tests/screenshots/run.mjs $(SHOTS)
