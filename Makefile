# Each target does all of its own set-up on a bare Debian 12: `sudo apt-get install -y make && make demo`.
# sudo is used only to install packages, and only where some are missing (the list: .ci/debian-packages).
#
#   make demo     builds, and shows two mailboxes becoming and staying the same (DEMO_ONCE=1: ends by itself, fails if they differ)
#   make test     builds everything and runs every test
#   make simulate SEEDS=n [SEED=s]
#                 plays random worlds around the daemon and judges them (docs/TESTING.md); what fails is shortened into build/reports/stories
#   make simulate-mutants
#                 plants bugs one at a time, each of which the random worlds have to find (build/reports/mutants.json)
#   make torture [KILLS=n] [SEED=s] [WORLDS=n]
#                 kills the real programs while users act, and judges what is left (tests/torture/README.md; build/reports/torture.json)
#   make bench    builds and measures: memory while large items pass, streaming latency (build/reports/bench.json), and what 100 idle
#                 pairs cost (build/reports/idle.json)
#   make fresh    both of these inside a bare Debian tree made by debootstrap (needs root)
#   make deb      the Debian package, and lintian's verdict (build/deb)
#   make nightly  sanitizers over the suite, fuzzing, 10,000 random worlds, torture, and the package built, installed and purged (hours)
#   make lint     formatting and static checks
#   make clean    removes everything that was built

SHELL := /bin/bash
BUILD := build/release

# Microsoft's EWS schemas and samples, and real mails: beside the project, or wherever these say. Tests that need them tell when
# they have none.
EWS_DATA_DIR ?= $(abspath $(wildcard ../shared/ews))
CORPUS_DIR ?= $(abspath $(wildcard ../shared/corpus))

.PHONY: demo test simulate simulate-mutants torture bench fresh nightly lint deb clean packages configured
.DELETE_ON_ERROR:

demo: configured
	@echo "Building (the first time takes some minutes)"
	@ninja -C $(BUILD) --quiet exsyncd exsyncctl exchange-sim
	@python3 -B tests/demo/demo.py --programs $(BUILD)/bin --report build/reports/demo.json $(if $(EWS_DATA_DIR),--schemas $(EWS_DATA_DIR)/schemas)

test: configured
	ninja -C $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure --parallel 2

simulate: configured
	@ninja -C $(BUILD) --quiet exsyncd_simulate
	@$(BUILD)/bin/exsyncd_simulate --seeds $(or $(SEEDS),1000) $(if $(SEED),--first $(SEED)) --report build/reports/simulate.json --stories build/reports/stories

simulate-mutants: configured
	@python3 -B tests/simulate/mutants.py --build build/mutants --report build/reports/mutants.json $(if $(SEEDS),--seeds $(SEEDS))

torture: configured
	@ninja -C $(BUILD) --quiet exsyncd exchange-sim
	@python3 -B tests/torture/torture.py --programs $(BUILD)/bin --report build/reports/torture.json --kills $(or $(KILLS),300) --seed $(or $(SEED),1) $(if $(WORLDS),--worlds $(WORLDS))

bench: configured
	@ninja -C $(BUILD) --quiet exsyncd exchange-sim
	@python3 -B tests/bench/bench.py --programs $(BUILD)/bin --report build/reports/bench.json
	@python3 -B tests/bench/idle.py --programs $(BUILD)/bin --report build/reports/idle.json

fresh:
	.ci/install fresh
	.ci/fresh

nightly:
	.ci/nightly

lint: configured
	.ci/install lint
	.ci/lint $(BUILD)

deb: packages
	.ci/install deb
	.ci/deb

clean:
	rm -rf --one-file-system build

packages:
	@.ci/install

configured: packages
	@cmake --preset release --log-level=WARNING -DEWS_DATA_DIR="$(EWS_DATA_DIR)" -DCORPUS_DIR="$(CORPUS_DIR)" >/dev/null
