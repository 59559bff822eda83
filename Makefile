# Yavio: targets only; how each works is in mk/.
.DEFAULT_GOAL := help
SHELL := /bin/bash

include mk/config.mk
include mk/gen.mk
include mk/build.mk
include mk/web.mk
include mk/test.mk
include mk/test-programs.mk
include mk/fuzz.mk
include mk/lint.mk
include mk/bench.mk
include mk/fault.mk
include mk/sdk.mk
include mk/run.mk
include mk/demo.mk

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'
