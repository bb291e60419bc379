"""What can be done to a graph, as functions from graph to graph.

Each takes a snapshot and returns another; `Document.edit` makes undoable steps of them. What cannot
be done raises GraphError with the reason.
"""

from app.document.commands.clipboard import copy_text, duplicate, paste_text
from app.document.commands.groups import demote, expose_sockets, group_nodes, promote, ungroup
from app.document.commands.nodes import (
    add_node,
    delete_nodes,
    move_nodes,
    rename_node,
    set_colour,
    set_disabled,
    set_label,
    toggle_disabled,
)
from app.document.commands.parameters import (
    clear_keys,
    move_keys,
    move_keys_at,
    remove_key,
    remove_keys_at,
    reset_parameter,
    set_key,
    set_parameter,
    set_value,
    value_at,
)
from app.document.commands.project import (
    add_backdrop,
    move_backdrops,
    remove_backdrops,
    remove_marker,
    set_backdrop,
    set_marker,
    set_settings,
)
from app.document.commands.wires import (
    connect,
    disconnect,
    extract_nodes,
    insert_on_wire,
    refusals_from,
    refusals_into,
    swap_inputs,
    wire_refusal,
)
from app.document.variants import remove_variant, rename_variant, save_variant, switch_variant

__all__ = [
    "add_backdrop",
    "add_node",
    "clear_keys",
    "connect",
    "copy_text",
    "delete_nodes",
    "demote",
    "disconnect",
    "duplicate",
    "expose_sockets",
    "extract_nodes",
    "group_nodes",
    "insert_on_wire",
    "move_backdrops",
    "move_keys",
    "move_keys_at",
    "move_nodes",
    "paste_text",
    "promote",
    "refusals_from",
    "refusals_into",
    "remove_backdrops",
    "remove_key",
    "remove_keys_at",
    "remove_marker",
    "remove_variant",
    "rename_node",
    "rename_variant",
    "reset_parameter",
    "save_variant",
    "set_backdrop",
    "set_colour",
    "set_disabled",
    "set_key",
    "set_label",
    "set_marker",
    "set_parameter",
    "set_settings",
    "set_value",
    "swap_inputs",
    "switch_variant",
    "toggle_disabled",
    "ungroup",
    "value_at",
    "wire_refusal",
]
