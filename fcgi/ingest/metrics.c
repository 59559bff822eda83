/* SPDX-License-Identifier: MIT
 * The numbers of yavio-ingest. */
#include "fcgi/ingest/ingest.h"

const struct shm_metric ingest_metrics[INGEST_METRIC_COUNT] = {
        WEB_METRIC_ROWS("ingest"),
        [INGEST_METRIC_RECEIVED] = {"yavio_ingest_events_received_total", SHM_COUNTER,
                "Events sent to us, taken or not", {"source"}, 2, NULL},
        [INGEST_METRIC_REJECTED] = {"yavio_ingest_events_rejected_total", SHM_COUNTER,
                "Events refused", {"reason", "class"}, 64, NULL},
        [INGEST_METRIC_TRUNCATED] = {"yavio_ingest_events_truncated_total", SHM_COUNTER,
                "Fields cut to their limit", {NULL}, 0, NULL},
        [INGEST_METRIC_REDACTED] = {"yavio_ingest_pii_redacted_total", SHM_COUNTER,
                "Personal data replaced by a marker", {"kind"}, EVENT_PII_KINDS, NULL},
        [INGEST_METRIC_UNKNOWN_FIELDS] = {"yavio_ingest_unknown_fields_total", SHM_COUNTER,
                "Fields dropped because they are not known", {NULL}, 0, NULL},
        [INGEST_METRIC_SCAN] = {"yavio_ingest_pii_strip_duration_seconds", SHM_HISTOGRAM,
                "The one pass that validates, redacts and writes rows", {NULL}, 0, &shm_buckets_f},
        [INGEST_METRIC_APPEND] = {"yavio_spool_append_duration_seconds", SHM_HISTOGRAM,
                "Append of a batch, fsync included", {NULL}, 0, &shm_buckets_f},
        [INGEST_METRIC_FSYNC] = {"yavio_spool_fsync_duration_seconds", SHM_HISTOGRAM,
                "fdatasync of a batch", {NULL}, 0, &shm_buckets_f},
        [INGEST_METRIC_SPOOL_BYTES] = {"yavio_spool_bytes", SHM_GAUGE,
                "Unshipped bytes of all writers", {NULL}, 0, NULL},
        [INGEST_METRIC_SPOOL_QUOTA] = {"yavio_spool_quota_bytes", SHM_GAUGE, "Most unshipped bytes",
                {NULL}, 0, NULL},
        [INGEST_METRIC_BACKPRESSURE] = {"yavio_ingest_backpressure_active", SHM_GAUGE,
                "1 while events are refused for want of room", {NULL}, 0, NULL},
        [INGEST_METRIC_ACCEPTING] = {"yavio_ingest_accepting", SHM_GAUGE,
                "1 while events are taken", {NULL}, 0, NULL},
};
