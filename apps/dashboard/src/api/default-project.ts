/** Where is what was put into no other project; it cannot be deleted. By id. */
export const defaultProject = "default";
