-- SPDX-License-Identifier: MIT
-- Users, grants and row policies of a ClickHouse server; run after the migrations, every time. yavio-store has its own.
-- Needs custom_settings_prefixes = 'SQL_' in the server's configuration.
CREATE SETTINGS PROFILE IF NOT EXISTS yavio_select {{on_cluster}} SETTINGS readonly = 2, max_execution_time = 30 MAX 300, max_result_rows = 100000 MAX 1000000, result_overflow_mode = 'throw' CONST, timeout_overflow_mode = 'throw' CONST;

CREATE USER IF NOT EXISTS yavio_ingest {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:ingest}}' HOST {{secret:host}};
ALTER USER yavio_ingest {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:ingest}}' HOST {{secret:host}};
CREATE USER IF NOT EXISTS yavio_dashboard {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:dashboard}}' HOST {{secret:host}} SETTINGS PROFILE 'yavio_select';
ALTER USER yavio_dashboard {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:dashboard}}' HOST {{secret:host}} SETTINGS PROFILE 'yavio_select';
CREATE USER IF NOT EXISTS yavio_eraser {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:eraser}}' HOST {{secret:host}};
ALTER USER yavio_eraser {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:eraser}}' HOST {{secret:host}};
CREATE USER IF NOT EXISTS yavio_intelligence {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:intelligence}}' HOST {{secret:host}} SETTINGS PROFILE 'yavio_select';
ALTER USER yavio_intelligence {{on_cluster}} IDENTIFIED WITH sha256_hash BY '{{secret:intelligence}}' HOST {{secret:host}} SETTINGS PROFILE 'yavio_select';

-- The policies come before the grants. One opens, two are and-ed to it: a policy that somebody adds later cannot widen.
CREATE ROW POLICY OR REPLACE tenant {{on_cluster}} ON {{db}}.{{both:events}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AND project_id = getSetting('SQL_project_id') AS PERMISSIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_workspace {{on_cluster}} ON {{db}}.{{both:events}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AS RESTRICTIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_project {{on_cluster}} ON {{db}}.{{both:events}} FOR SELECT USING project_id = getSetting('SQL_project_id') AS RESTRICTIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant {{on_cluster}} ON {{db}}.{{both:visits}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AND project_id = getSetting('SQL_project_id') AS PERMISSIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_workspace {{on_cluster}} ON {{db}}.{{both:visits}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AS RESTRICTIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_project {{on_cluster}} ON {{db}}.{{both:visits}} FOR SELECT USING project_id = getSetting('SQL_project_id') AS RESTRICTIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant {{on_cluster}} ON {{db}}.{{both:tool_registry}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AND project_id = getSetting('SQL_project_id') AS PERMISSIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_workspace {{on_cluster}} ON {{db}}.{{both:tool_registry}} FOR SELECT USING workspace_id = getSetting('SQL_workspace_id') AS RESTRICTIVE TO {{readers}};
CREATE ROW POLICY OR REPLACE tenant_project {{on_cluster}} ON {{db}}.{{both:tool_registry}} FOR SELECT USING project_id = getSetting('SQL_project_id') AS RESTRICTIVE TO {{readers}};

-- Grants name tables, never *: a table added later is unreadable until it has its lines here.
GRANT {{on_cluster}} INSERT ON {{db}}.{{both:events}} TO yavio_ingest;
GRANT {{on_cluster}} SELECT ON {{db}}.{{both:events}} TO {{readers}};
GRANT {{on_cluster}} ALTER DELETE ON {{db}}.{{both:events}} TO yavio_eraser;
GRANT {{on_cluster}} SELECT ON {{db}}.{{both:visits}} TO {{readers}};
GRANT {{on_cluster}} ALTER DELETE ON {{db}}.{{both:visits}} TO yavio_eraser;
GRANT {{on_cluster}} INSERT ON {{db}}.{{both:tool_registry}} TO yavio_ingest;
GRANT {{on_cluster}} SELECT ON {{db}}.{{both:tool_registry}} TO {{readers}};
GRANT {{on_cluster}} ALTER DELETE ON {{db}}.{{both:tool_registry}} TO yavio_eraser;
