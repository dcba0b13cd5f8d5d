"""Read the weights of a BERT encoder from an ONNX file, without the library of that name.

Of the format (github.com/onnx/onnx, `onnx/onnx.proto`) only the messages and fields below are described;
Protocol Buffers skips what is not.
"""

from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from numpy.typing import NDArray

from docassay.schemas.errors import ModelError

_FIELD = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED
_MESSAGES: dict[str, dict[str, tuple[int, Any, Any]]] = {
    "TensorProto": {
        "dims": (1, _FIELD.TYPE_INT64, _MANY),
        "data_type": (2, _FIELD.TYPE_INT32, _ONE),
        "name": (8, _FIELD.TYPE_STRING, _ONE),
        "raw_data": (9, _FIELD.TYPE_BYTES, _ONE),
    },
    "NodeProto": {
        "input": (1, _FIELD.TYPE_STRING, _MANY),
        "name": (3, _FIELD.TYPE_STRING, _ONE),
        "op_type": (4, _FIELD.TYPE_STRING, _ONE),
    },
    "GraphProto": {"node": (1, "NodeProto", _MANY), "initializer": (5, "TensorProto", _MANY)},
    "ModelProto": {"graph": (7, "GraphProto", _ONE)},
}
"""By message and field: the number, the type or the message that it holds, and how many there may be."""

FLOAT = 1
"""`TensorProto.DataType` of float32."""


def bert(file: Path) -> dict[str, NDArray[np.float32]]:
    """Give the weights of an exported BERT encoder by the names that Transformers uses, in float32.

    The exporter keeps the names of embeddings, norms and biases. A matrix that is multiplied by from the
    right it transposes and gives a number for a name; whose it is tells the product, whose node is named
    after the module: `/encoder/layer.0/attention/self/query/MatMul`.

    Raises:
        ModelError: The file is no ONNX, or its weights are not plain float32 (those of a quantised model).
    """
    graph = _parsed(file).graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    state = {
        name: _array(tensor)
        for name, tensor in tensors.items()
        if name.startswith(("embeddings.", "encoder.")) and tensor.data_type == FLOAT
    }
    for node in graph.node:
        if node.op_type == "MatMul" and node.name.startswith("/encoder/") and node.input[1] in tensors:
            module = node.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".")
            state[f"{module}.weight"] = np.ascontiguousarray(_array(tensors[node.input[1]]).T)
    if not state:
        raise ModelError(f"{file.name} holds no BERT encoder in float32")
    return state


def _array(tensor: Any) -> NDArray[np.float32]:
    shape = tuple(tensor.dims)
    if tensor.data_type != FLOAT or len(tensor.raw_data) != 4 * int(np.prod(shape)):
        raise ModelError(f"{tensor.name} is not plain float32")
    return np.frombuffer(tensor.raw_data, "<f4").reshape(shape)


def _parsed(file: Path) -> Any:
    try:
        return _model_class().FromString(file.read_bytes())
    except Exception as error:  # the class of protobuf's error hangs on which of its parsers is there
        raise ModelError(f"{file.name} is no ONNX file: {type(error).__name__}") from None


def _model_class() -> Any:
    described = descriptor_pb2.FileDescriptorProto(name="part_of_onnx.proto", package="docassay.onnx")
    for message, fields in _MESSAGES.items():
        entry = described.message_type.add(name=message)
        for name, (number, kind, label) in fields.items():
            field = entry.field.add(name=name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".docassay.onnx.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(described)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("docassay.onnx.ModelProto"))
