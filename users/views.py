"""Accounts over HTTP. Each view parses, calls one verb, and answers."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from users import accounts, examples, otp, throttles
from users.login_views import UNCACHED, tokens_response
from users.models import Purpose, User
from users.serializers import (
    AccountSerializer,
    AnswerSerializer,
    CodeRequestSerializer,
    PasswordChangeSerializer,
    PasswordResetSerializer,
    RegistrationSerializer,
    TokensSerializer,
    VerificationSerializer,
    VerifiedSerializer,
    parsed,
)

CODE_WANTED = "If an account waits for a code at this address, one is on its way by mail."
VERIFIED = "The e-mail address is verified and the account is active. You can log in now."
RESET_READY = "The code is right. Send the reset token with a new password."
RESET_DONE = "The new password is set and every earlier login has ended. Log in with it."

# An expired access token in the header must not keep people from getting a new one.
FOR_ANYONE: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny]}


def as_field_errors(taken: accounts.Taken) -> ValidationError:
    """The same refusal, once for each field."""
    detail = ErrorDetail(str(taken), code=taken.code)
    return ValidationError({field: [detail] for field in taken.fields})


@extend_schema(tags=["Accounts"])
class AccountViewSet(GenericViewSet[User]):
    """Accounts: opening one, proving its address, and one's own profile."""

    queryset = User.objects.none()
    filter_backends = ()
    pagination_class = None
    refusals: ClassVar = {
        "register": (accounts.Taken,),
        "verify_otp": (otp.WrongCode,),
        "change_me": (accounts.Taken,),
        "change_password": (accounts.WrongPassword,),
    }

    @extend_schema(
        summary="Open an account",
        description=(
            "Creates an inactive account and mails a code of six digits, with which "
            "`verify_otp` activates it. Usernames and e-mails are unique whatever their "
            "case: error code `taken`. An account that is never verified loses its claim "
            "to them after a day."
        ),
        request=RegistrationSerializer,
        responses={201: AccountSerializer},
        examples=[
            OpenApiExample(
                "Registration",
                {
                    "username": "ada",
                    "email": "ada@example.com",
                    "password": "a night at the pictures",
                    "first_name": "Ada",
                },
                request_only=True,
            ),
            examples.ACCOUNT,
        ],
    )
    @action(
        detail=False,
        methods=["post"],
        serializer_class=RegistrationSerializer,
        throttle_classes=[throttles.RegisterThrottle],
        **FOR_ANYONE,
    )
    def register(self, request: Request) -> Response:
        data = parsed(self.get_serializer(data=request.data))
        try:
            user = accounts.register(**data, at=timezone.now())
        except accounts.Taken as taken:
            raise as_field_errors(taken) from taken
        return Response(AccountSerializer(user).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Ask for a code by mail",
        description=(
            "Mails a fresh code, to verify an address or to reset a password. Earlier "
            "codes of that purpose stop working. The answer is the same whether or not "
            "the account exists. At most five codes an hour for one address."
        ),
        request=CodeRequestSerializer,
        responses={200: AnswerSerializer},
        examples=[
            OpenApiExample(
                "Forgotten password",
                {"email": "ada@example.com", "purpose": "reset_password"},
                request_only=True,
            ),
            OpenApiExample("Answer", {"detail": CODE_WANTED}, response_only=True),
        ],
    )
    @action(
        detail=False,
        methods=["post"],
        serializer_class=CodeRequestSerializer,
        throttle_classes=[throttles.OtpAddressThrottle, throttles.OtpAccountThrottle],
        **FOR_ANYONE,
    )
    def generate_otp(self, request: Request) -> Response:
        otp.request_code(**parsed(self.get_serializer(data=request.data)), at=timezone.now())
        return Response({"detail": CODE_WANTED})

    @extend_schema(
        summary="Use a code",
        description=(
            "Activates the account (`verify_email`), or answers a reset token that works "
            "once, for a quarter of an hour (`reset_password`). A code lives ten minutes "
            "and takes five attempts; error code `otp_invalid` stands for a code that is "
            "wrong, used, too old or tried too often, and for an unknown address alike."
        ),
        request=VerificationSerializer,
        responses={200: VerifiedSerializer},
        examples=[
            OpenApiExample(
                "Verify the address",
                {"email": "ada@example.com", "otp": "052817"},
                request_only=True,
            ),
            OpenApiExample("Verified", {"detail": VERIFIED}, response_only=True),
        ],
    )
    @action(
        detail=False,
        methods=["post"],
        serializer_class=VerificationSerializer,
        throttle_classes=[throttles.VerifyAddressThrottle],
        **FOR_ANYONE,
    )
    def verify_otp(self, request: Request) -> Response:
        data = parsed(self.get_serializer(data=request.data))
        user = otp.verify(**data, at=timezone.now())
        if data["purpose"] == Purpose.VERIFY_EMAIL:
            return Response({"detail": VERIFIED})
        answer = {"detail": RESET_READY, "reset_token": accounts.reset_token(user)}
        return Response(answer, headers=UNCACHED)

    @extend_schema(
        summary="One's own account",
        description="The account that the access token belongs to.",
        responses={200: AccountSerializer},
        examples=[examples.ACCOUNT],
    )
    @action(detail=False, methods=["get"], serializer_class=AccountSerializer)
    def me(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)

    @extend_schema(
        summary="Change one's own account",
        description=(
            "Changes the username, the names and the telephone number. The e-mail address "
            "stays the one that was verified. A username in use: error code `taken`."
        ),
        request=AccountSerializer,
        responses={200: AccountSerializer},
        examples=[
            OpenApiExample("A new number", {"phone": "+44 20 7946 0000"}, request_only=True),
            examples.ACCOUNT,
        ],
    )
    @me.mapping.patch
    def change_me(self, request: Request) -> Response:
        data = parsed(self.get_serializer(request.user, data=request.data, partial=True))
        try:
            user = accounts.change_profile(user=self.account, changes=data)
        except accounts.Taken as taken:
            raise as_field_errors(taken) from taken
        return Response(self.get_serializer(user).data)

    @extend_schema(
        summary="Change one's own password",
        description=(
            "Sets a new password, ends every login of the account, this one too, and "
            "answers tokens of a fresh login. Error code `wrong_password` where the old "
            "one is not right; the new one must pass the password rules."
        ),
        request=PasswordChangeSerializer,
        responses={200: TokensSerializer},
        examples=[
            OpenApiExample(
                "Change",
                {
                    "old_password": "a night at the pictures",
                    "new_password": "two nights at the pictures",
                },
                request_only=True,
            ),
            examples.TOKENS,
        ],
    )
    @action(
        detail=False,
        methods=["post"],
        serializer_class=PasswordChangeSerializer,
        throttle_classes=[throttles.PasswordThrottle],
    )
    def change_password(self, request: Request) -> Response:
        data = parsed(self.get_serializer(data=request.data))
        return tokens_response(
            accounts.change_password(user=self.account, **data, at=timezone.now())
        )

    @property
    def account(self) -> User:
        """Whose request it is; the permissions let nobody else come this far."""
        assert isinstance(self.request.user, User)  # noqa: S101
        return self.request.user


@extend_schema(tags=["Accounts"])
class PasswordResetView(APIView):
    """The last step of a password reset."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (throttles.VerifyAddressThrottle,)
    refusals: ClassVar = {"post": (accounts.InvalidResetToken,)}

    @extend_schema(
        summary="Set a new password with a reset token",
        description=(
            "Takes the reset token that `verify_otp` answered, once. Ends every login of "
            "the account; an account that had never verified its address becomes active. "
            "Error code `reset_token_invalid` where the token is wrong, used or too old."
        ),
        request=PasswordResetSerializer,
        responses={200: AnswerSerializer},
        examples=[
            OpenApiExample(
                "Reset",
                {"token": "17.d0c2zk-8a…", "new_password": "two nights at the pictures"},
                request_only=True,
            ),
            OpenApiExample("Done", {"detail": RESET_DONE}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        data = parsed(PasswordResetSerializer(data=request.data))
        accounts.reset_password(**data, at=timezone.now())
        return Response({"detail": RESET_DONE})
