// Hides controls that annotators and reviewers may not use and that a style sheet can't select:
// buttons identified only by their labels.

const NOT_THEIRS = new Set([
  "Create", "Create Project", "Settings", "Import", "Export", "Delete", "Invite People", "Invite",
  "Account & Settings", "Organization", "API", "Duplicate", "Columns", "Filters", "Actions",
]);
const WHERE = "button, a, li, [role=button], [role=menuitem]";

function hide() {
  for (const one of document.querySelectorAll(WHERE)) {
    if (one.closest(".annotate-panel") || one.querySelector(WHERE)) continue;
    if (NOT_THEIRS.has(one.textContent.trim())) one.dataset.annotateHidden = "";
  }
}

/** Label Studio goes from page to page by itself: the list of tasks isn't theirs, the stream is. */
function leaveList() {
  const list = /^\/projects\/\d+(\/data)?\/?$/.test(location.pathname);
  const query = new URLSearchParams(location.search);
  if (list && !query.has("labeling") && !query.has("task")) {
    const project = location.pathname.split("/")[2];
    location.replace(`/projects/${project}/data?labeling=1`);
  }
}

new MutationObserver(() => {
  hide();
  leaveList();
}).observe(document.documentElement, { childList: true, subtree: true });
hide();
