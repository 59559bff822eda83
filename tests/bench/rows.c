/* SPDX-License-Identifier: MIT
 * Prints rows of table events as ingest writes them, for measuring the store alone.
 * usage: rows COUNT */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "event/event.h"
#include "tests/bench/load/load.h"

enum { EVENTS = 100, ROWS_CAP = 4 * BODY_BYTES_MAX };

static const struct event_limits LIMITS = {.batch_events_max = EVENTS, .event_bytes_max = 51200};
static const struct event_origin ORIGIN = {.workspace_id = "11111111-1111-4111-8111-111111111111",
        .project_id = "22222222-2222-4222-8222-222222222222",
        .widget_events_left = SIZE_MAX};

int main(int argc, char **argv)
{
	struct event_origin origin = ORIGIN;
	struct event_batch batch;
	int64_t left;

	if (argc != 2 || !str_parse_int(argv[1], 1, 100000000, &left))
		return 2;
	event_batch_init(&batch, ROWS_CAP);
	for (unsigned variant = 0; left > 0; variant++, left -= EVENTS) {
		struct body body;
		const char *json;

		if (!body_init(&body, "localhost", "-", EVENTS, variant))
			return 1;
		body_renew(&body);
		json = strstr(body.request.data, "\r\n\r\n") + 4;
		origin.now_ms = clock_wall_ms();
		if (event_scan(json, body.request.len - (size_t)(json - body.request.data), &LIMITS,
		            &origin, NULL, NULL, &batch) != ERR_OK ||
		        batch.accepted != EVENTS)
			return 1;
		fwrite(batch.events.data, 1, batch.events.len, stdout);
		event_batch_clear(&batch);
		body_release(&body);
	}
	event_batch_release(&batch);
	return 0;
}
