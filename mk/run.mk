# The running product: everything goes through bin/yavio.
JOBS := $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$(shell nproc))

.PHONY: deps run stop restart status logs self-host self-host-down bench-idle

deps: ## install what is missing on this machine (Debian packages), start none of it
	@scripts/install-deps.sh

run: deps ## install, build, set up, start; print the addresses (FG=1 stays attached)
	@$(MAKE) -s --no-print-directory $(JOBS) VARIANT=$(VARIANT) build web bin/yavio
	@scripts/setup-env.sh
	@bin/yavio up
ifeq ($(FG),1)
	@trap 'bin/yavio down' EXIT; trap 'exit 0' INT TERM; bin/yavio logs -n 0
endif

# A link to the programs of the variant built last; it is made again when that changes.
.PHONY: bin/yavio
bin/yavio: $(PROGRAMS)
	@mkdir -p bin
	@ln -sfn ../$(OUT)/bin/yavio $@

stop: ## stop everything, keep the data
	@bin/yavio down

restart: ## restart every program
	@bin/yavio restart

status: ## what runs and how it is
	@bin/yavio status

logs: ## show and follow the logs
	@bin/yavio logs

self-host: run ## the same as run

self-host-down: stop ## the same as stop

bench-idle: build ## memory of a whole idle stack, per program (PSS)
	@node tests/bench/idle.mjs
