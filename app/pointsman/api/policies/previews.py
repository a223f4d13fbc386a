"""What the check of a policy shows of the messages that buyers would be sent."""

from pydantic import BaseModel, Field

from pointsman.api.policies.schemas import CheckResultDoc
from pointsman.services.policies.previews import MAX_POOLS, MessagePreview, PoolPreview


class MessagePreviewDoc(BaseModel):
    """One message in one language, as it would go out."""

    message: str = Field(examples=["confirmation"], description="confirmation | change | cancellation | reminder")
    language: str = Field(examples=["de"])
    sender: str = Field(examples=["Anna Weber"], description="The name that the mail comes from.")
    subject: str = Field(examples=["Demonstration on Wednesday 25 November 2026, 10:00"])
    text: str
    html: str

    @staticmethod
    def of(preview: MessagePreview) -> "MessagePreviewDoc":
        return MessagePreviewDoc.model_validate(preview, from_attributes=True)


class PoolPreviewDoc(BaseModel):
    """The messages of one pool; one whose text has a fault is left out."""

    pool: str = Field(examples=["closers"])
    values: dict[str, dict[str, str]] = Field(
        description="The values that were made up for them, by language and name."
    )
    messages: list[MessagePreviewDoc]

    @staticmethod
    def of(preview: PoolPreview) -> "PoolPreviewDoc":
        values = {language: {name.value: said for name, said in of.items()} for language, of in preview.values.items()}
        return PoolPreviewDoc(
            pool=preview.pool, values=values, messages=[MessagePreviewDoc.of(one) for one in preview.messages]
        )


class PreviewedCheckDoc(CheckResultDoc):
    """What the check says about a document, and what buyers would read."""

    previews: list[PoolPreviewDoc] = Field(description=f"Of the first {MAX_POOLS} pools that send mail.")
    previews_left_out: int = Field(description="How many more send mail.")
