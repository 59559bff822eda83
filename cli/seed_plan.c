/* SPDX-License-Identifier: MIT
 * Profiles of invented data and their sizes. */
#include "cli/seed.h"

enum { SEED_EVENTS_MAX = 1000000000 };

static const struct seed_plan profiles[] = {
        {.profile = "minimal", .events = 50, .sessions = 5, .users = 3, .tools = 2, .days = 1},
        {.profile = "standard",
                .events = 5000,
                .sessions = 200,
                .users = 50,
                .tools = 10,
                .days = 30},
        {.profile = "load",
                .events = 1000000,
                .sessions = 50000,
                .users = 10000,
                .tools = 25,
                .days = 90},
        {.profile = "pii",
                .events = 500,
                .sessions = 50,
                .users = 20,
                .tools = 5,
                .days = 7,
                .pii = true},
};

bool seed_profile(const char *name, struct seed_plan *out)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		if (strcmp(profiles[i].profile, name) == 0) {
			*out = profiles[i];
			return true;
		}
	}
	return false;
}

const char *seed_profile_names(void)
{
	return "minimal, standard, load, pii";
}

static int64_t in_proportion(int64_t count, int64_t events, int64_t of)
{
	int64_t n = (int64_t)((__int128)count * events / of);

	return n > 0 ? n : 1;
}

bool seed_resize(struct seed_plan *plan, int64_t events, int64_t days)
{
	if (events < 0 || events > SEED_EVENTS_MAX || days < 0 || days > SEED_DAYS_MAX)
		return false;
	if (events > 0) {
		plan->sessions = in_proportion(plan->sessions, events, plan->events);
		plan->users = in_proportion(plan->users, events, plan->events);
		plan->events = events;
	}
	if (days > 0)
		plan->days = days;
	return true;
}

int64_t seed_session_events(const struct seed_plan *plan, int64_t session)
{
	return (session + 1) * plan->events / plan->sessions -
	       session * plan->events / plan->sessions;
}
