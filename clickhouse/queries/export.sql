-- SPDX-License-Identifier: MIT
-- Events as they are stored, a slice of the range at a time.

-- name: export_total
SELECT count() AS total
FROM {{rows: event_type | 1}};

-- name: export_bounds
SELECT toUnixTimestamp64Milli(at) AS bound
FROM (SELECT timestamp AS at, row_number() OVER (ORDER BY timestamp) AS number FROM {{rows: timestamp | 1}})
WHERE number % 500 = 1
ORDER BY at;

-- name: export_events
SELECT
	event_id, event_type, event_name, timestamp, ingested_at, stored_at, source, session_id,
	trace_id, user_id, subject_id, platform, sdk_version, status, latency_ms, is_retry,
	error_category, error_message, user_traits, input_captured, input_keys, param_keys, input_types, input_values,
	output_content, intent_signals, intent, intent_source, metadata, response_size, content_types, zero_result,
	tools_listed, tokens_in, tokens_out, step_sequence, conversion_value, conversion_currency, country_code, locale,
	end_user_agent, protocol_version, client_name, client_version, connection_duration_ms, viewport_width, viewport_height, device_pixel_ratio,
	device_touch, connection_type, load_time_ms, visible_duration_ms, scroll_depth_pct, click_count, field_name, nav_from,
	nav_to
FROM {{rows_of_slice: *, stored_at, input_captured, param_keys, response_size, content_types, zero_result, tools_listed, intent, intent_source}}
ORDER BY timestamp, toString(event_id);
