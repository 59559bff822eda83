-- SPDX-License-Identifier: MIT
-- The record of applied migrations, made before the first of them; nobody but the admin user reads it.
CREATE TABLE IF NOT EXISTS {{local:schema_migrations}} {{on_cluster}} (
    version UInt32,
    name String,
    checksum FixedString(64),
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{engine:Replacing(applied_at)}}
ORDER BY (version)
SETTINGS {{durable}};

{{distributed:schema_migrations:version}};
