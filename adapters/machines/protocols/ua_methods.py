"""Methods of an OPC UA server: found by name, called with the types that they declare."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import Client, ua

from adapters.machines.core import Value
from adapters.machines.protocols.ua_address import Address
from adapters.machines.protocols.ua_values import builtin, variants

INPUTS = "InputArguments"


@dataclass(frozen=True, slots=True)
class _Method:
    node: ua.NodeId
    names: tuple[str, ...]
    types: tuple[ua.VariantType | None, ...]


class Methods:
    """What has been found out about methods, for the length of one session."""

    def __init__(self) -> None:
        self._known: dict[Address, _Method] = {}

    async def request(
        self,
        client: Client,
        address: Address,
        namespaces: Sequence[str],
        arguments: Sequence[Value],
    ) -> ua.CallRequest:
        """A call that only has to be sent.

        Raises:
            LookupError: if there is no such method now.
            ValueError: if it takes other arguments.
        """
        owner = address.node(namespaces)
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = await _find(client, owner, address.part or "")
        if len(arguments) != len(found.types):
            raise ValueError(
                f"{address.part} takes {len(found.types)} arguments ({', '.join(found.names)}), "
                f"not {len(arguments)}"
            )
        asked = ua.CallRequest()
        asked.Parameters.MethodsToCall = [
            ua.CallMethodRequest(
                ObjectId=owner,
                MethodId=found.node,
                InputArguments=variants(arguments, found.types),
            )
        ]
        return asked


async def _find(client: Client, owner: ua.NodeId, name: str) -> _Method:
    children = await client.get_node(owner).get_children_descriptions(
        nodeclassmask=ua.NodeClass.Method
    )
    named = {str(child.BrowseName.Name): child.NodeId for child in children}
    if name not in named:
        has = ", ".join(sorted(named)) or "none"
        raise LookupError(f"there is no method {name}; there are {has}")
    properties = await client.get_node(named[name]).get_children_descriptions(
        refs=ua.ObjectIds.HasProperty
    )
    for child in properties:
        if child.BrowseName.Name == INPUTS:
            declared = await client.get_node(child.NodeId).read_value() or []
            break
    else:
        declared = []
    names = tuple(str(argument.Name) for argument in declared)
    return _Method(named[name], names, tuple(builtin(a.DataType) for a in declared))
