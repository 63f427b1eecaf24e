// Hides controls that annotators and reviewers may not use and that a style sheet can't select:
// buttons identified only by their labels.

const HIDDEN_LABELS = new Set([
  "Create", "Create Project", "Settings", "Import", "Export", "Delete", "Invite People", "Invite",
  "Account & Settings", "Organization", "API", "Duplicate", "Columns", "Filters", "Actions",
]);
const CONTROLS = "button, a, li, [role=button], [role=menuitem]";

function hideControls() {
  for (const element of document.querySelectorAll(CONTROLS)) {
    if (element.closest(".annotate-panel") || element.querySelector(CONTROLS)) continue;
    if (HIDDEN_LABELS.has(element.textContent.trim())) element.dataset.annotateHidden = "";
  }
}

/** Label Studio changes pages without a reload. These users get the label stream, not the task list. */
function redirectFromTaskList() {
  const isTaskList = /^\/projects\/\d+(\/data)?\/?$/.test(location.pathname);
  const query = new URLSearchParams(location.search);
  if (isTaskList && !query.has("labeling") && !query.has("task")) {
    const project = location.pathname.split("/")[2];
    location.replace(`/projects/${project}/data?labeling=1`);
  }
}

new MutationObserver(() => {
  hideControls();
  redirectFromTaskList();
}).observe(document.documentElement, { childList: true, subtree: true });
hideControls();
