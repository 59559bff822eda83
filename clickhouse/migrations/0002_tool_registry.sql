-- SPDX-License-Identifier: MIT
-- Tools: the latest definition of each tool that a server told; read with FINAL, no TTL, goes with its project.
CREATE TABLE IF NOT EXISTS {{local:tool_registry}} {{on_cluster}} (
    workspace_id LowCardinality(String),
    project_id LowCardinality(String),
    tool_name String CODEC(ZSTD(1)),
    description String CODEC(ZSTD(3)),
    input_schema String CODEC(ZSTD(3)),
    updated_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{engine:Replacing(updated_at)}}
ORDER BY (workspace_id, project_id, tool_name)
SETTINGS {{durable}};

{{distributed:tool_registry:sipHash64(tool_name)}};
