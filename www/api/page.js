// Swagger UI over this server's own document.
window.SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#reader",
  deepLinking: true,
  // Its badge would ask swagger.io what it thinks of us.
  validatorUrl: null,
  // Which schemas there are is of interest to fewer than what one can do.
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  displayRequestDuration: true,
  tryItOutEnabled: false,
  persistAuthorization: false,
});
