-- SPDX-License-Identifier: MIT
-- Names that {tz} may be.

-- name: time_zones
SELECT time_zone
FROM system.time_zones;
