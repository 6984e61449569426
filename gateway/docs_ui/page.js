// Starts the browser of the API, light or dark as the reader's system is.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const show = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", show);
show();

// Each call is a call of its own: the request id of the examples gives way to a fresh one.
const EXAMPLE = "00000000-0000-4000-8000-000000000000";
const withFreshId = (request) => {
  if (typeof request.body === "string") {
    request.body = request.body.replace(EXAMPLE, freshId());
  }
  return request;
};
// Not crypto.randomUUID: pages that are not on this machine have it over HTTPS only.
const freshId = () => {
  const [...bytes] = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayOperationId: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  persistAuthorization: false, // a token is worth money: it goes with the page
  validatorUrl: null, // asks nobody else what it thinks of our document
  requestSnippetsEnabled: true,
  requestInterceptor: withFreshId,
});
