// Light or dark as chosen in Label Studio; before anybody has chosen, as the system is.

const chosen = localStorage.getItem("preferred-color-scheme") ?? "Auto";
const dark = chosen === "Auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "Dark";
document.documentElement.dataset.colorScheme = dark ? "dark" : "light";
