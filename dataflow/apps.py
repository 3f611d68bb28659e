from __future__ import annotations

from django.apps import AppConfig


class DataflowConfig(AppConfig):
    name = "dataflow"
    verbose_name = "Personal data in motion"
