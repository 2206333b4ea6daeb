"""Configuration of the publication of a finished model. No torch here: the web service reads this."""

from pydantic import Field

from data.config import Config, HubId, Name


class PublishModelConfig(Config):
    """Publish a finished model on the Hugging Face Hub, with HF_TOKEN of the service that runs the job."""

    model: Name = Field(description="folder below workspace/models")
    repo_id: HubId | None = Field(None, description="owner/name; null: HF_USERNAME/<model name>")
    private: bool = Field(True, description="whether a newly created repository is private")
