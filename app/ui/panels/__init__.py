"""The parameter panel, the curves and the help page of the selected node."""

from app.ui.panels.curve_editor import CurveEditor
from app.ui.panels.curves_panel import CurvesPanel
from app.ui.panels.help_panel import HelpPanel
from app.ui.panels.parameter_panel import ParameterPanel

__all__ = ["CurveEditor", "CurvesPanel", "HelpPanel", "ParameterPanel"]
