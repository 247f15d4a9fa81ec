"""The shapes of what clients send and get about accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from users import accounts
from users.models import Purpose, User, validate_username

# Longer than anybody's; a hash of megabytes would keep the server busy.
PASSWORD_MAX_LENGTH = 1024
OTP_PATTERN = r"^[0-9]{6}$"


def check_password_rules(password: str, *, user: User, field: str) -> None:
    """Raise a `ValidationError` of that field where Django's password validators refuse."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from error


def parsed(serializer: Any) -> dict[str, Any]:
    """What a valid body holds; a 400 for any other."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class PasswordField(serializers.CharField):
    """Taken as it is typed, spaces included, and never shown."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs |= {"write_only": True, "trim_whitespace": False}
        super().__init__(
            max_length=PASSWORD_MAX_LENGTH, style={"input_type": "password"}, **kwargs
        )


class AccountSerializer(serializers.ModelSerializer[User]):
    """What an account shows to its owner."""

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "email",
            "first_name",
            "last_name",
            "phone",
            "date_joined",
            "is_staff",
        )
        read_only_fields = ("email", "date_joined", "is_staff")
        # Whether a name is free is for the database to say, whatever the case: `Taken`.
        extra_kwargs = {"username": {"validators": [validate_username]}}  # noqa: RUF012


class RegistrationSerializer(serializers.ModelSerializer[User]):
    password = PasswordField()

    class Meta:
        model = User
        fields = ("username", "email", "password", "first_name", "last_name", "phone")
        extra_kwargs = AccountSerializer.Meta.extra_kwargs

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        described = {name: value for name, value in attrs.items() if name != "password"}
        check_password_rules(attrs["password"], user=User(**described), field="password")
        return attrs


class CodeRequestSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    purpose = serializers.ChoiceField(choices=Purpose.choices, default=Purpose.VERIFY_EMAIL)


class VerificationSerializer(CodeRequestSerializer):
    otp = serializers.RegexField(
        OTP_PATTERN,
        error_messages={"invalid": "A code has six digits."},
        help_text="The six digits of the mail.",
    )


class AnswerSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(read_only=True)


class VerifiedSerializer(AnswerSerializer):
    reset_token = serializers.CharField(
        read_only=True,
        required=False,
        help_text="For `purpose: reset_password` only: send it to `/api/reset-password/`.",
    )


class PasswordResetSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        holder = accounts.holder_of(attrs["token"])
        check_password_rules(attrs["new_password"], user=holder, field="new_password")
        return attrs


class PasswordChangeSerializer(serializers.Serializer[Any]):
    old_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        check_password_rules(attrs["new_password"], user=user, field="new_password")
        return attrs


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254, help_text="The username, or the e-mail.")
    password = PasswordField()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(read_only=True, help_text="Lives some minutes.")
    refresh = serializers.CharField(read_only=True, help_text="Works once.")
