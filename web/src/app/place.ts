// SPDX-License-Identifier: MIT
// Where one is: workspace and project of the path, as the person who is logged in may see them.
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { may, type Project, projectsQuery, type Role, type Session, sessionQuery, type Workspace } from '@/api/session';

/** The login; only under routes that need one. */
export function useSession(): Session {
	const { data } = useQuery(sessionQuery);
	if (!data) throw new Error('This page needs a login.');
	return data;
}

/** The workspace of the path; undefined outside of one. */
export function useWorkspaceMaybe(): Workspace | undefined {
	const { ws } = useParams({ strict: false });
	const { data } = useQuery(sessionQuery);
	return data?.workspaces.find((w) => w.slug === ws);
}
export function useWorkspace(): Workspace {
	const workspace = useWorkspaceMaybe();
	if (!workspace) throw new Error('This page needs a workspace.');
	return workspace;
}

export function useProjects(workspaceId: string | undefined): readonly Project[] | undefined {
	const { data } = useQuery({ ...projectsQuery(workspaceId ?? ''), enabled: workspaceId !== undefined });
	return data?.items;
}
export function useProjectMaybe(): Project | undefined {
	const { project } = useParams({ strict: false });
	const projects = useProjects(useWorkspaceMaybe()?.id);
	return projects?.find((p) => p.slug === project);
}
/** The project of the path; its route has made sure that it is there. */
export function useProject(): Project {
	const project = useProjectMaybe();
	if (!project) throw new Error('This page needs a project.');
	return project;
}

/** Whether the person may do in this workspace what needs the role. */
export function useMay(needed: Role): boolean {
	const workspace = useWorkspaceMaybe();
	return workspace !== undefined && may(workspace.role, needed);
}
