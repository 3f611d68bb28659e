"""How the OpenAPI document is made and shown."""

from __future__ import annotations

SPECTACULAR_SETTINGS = {
    "TITLE": "Sealbook",
    "DESCRIPTION": "Sealed personal data, bound to consented purposes, every access on record.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.with_common_answers",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
