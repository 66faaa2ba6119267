"""What a result can be calculated from again: its question, its pinned factors, its model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, InstanceOf, PlainSerializer, WithJsonSchema

from factor_db.foundation.errors import FootprintError
from footprint.result.record import Record, silent
from footprint.study.carried_model import CarriedModel, model_from_record
from footprint.study.definition import Study
from lca_models.system.resolve import Pin, Where

_OBJECT = WithJsonSchema({"type": "object"})


def _study(value: Any) -> Study:
    return value if isinstance(value, Study) else _read(Study.from_record, value)


def _where(value: Any) -> Where:
    return value if isinstance(value, Where) else _read(lambda record: Where(**record), value)


def _pin(value: Any) -> Pin:
    return value if isinstance(value, Pin) else _read(Pin.from_record, value)


def _model(value: Any) -> CarriedModel:
    return value if isinstance(value, CarriedModel) else _read(model_from_record, value)


def _read(read: Any, value: Any) -> Any:
    """Read a record by its own reader; whatever it finds strange is a fault of this place."""
    try:
        return read(value)
    except FootprintError as error:
        raise ValueError(str(error)) from None
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


class Inputs(Record):
    """The study, where it holds, every pinned factor, and the model; an earlier version has none.

    The model's product systems are its canonical data (docs/recompute.md).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    study: Annotated[
        InstanceOf[Study],
        BeforeValidator(_study),
        PlainSerializer(Study.record),
        _OBJECT,
    ]
    where: Annotated[InstanceOf[Where], BeforeValidator(_where), PlainSerializer(asdict), _OBJECT]
    pins: tuple[
        Annotated[InstanceOf[Pin], BeforeValidator(_pin), PlainSerializer(Pin.record), _OBJECT], ...
    ]
    model: (
        Annotated[
            InstanceOf[CarriedModel],
            BeforeValidator(_model),
            PlainSerializer(CarriedModel.record),
            _OBJECT,
        ]
        | None
    ) = silent(None)
