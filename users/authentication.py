from rest_framework_simplejwt.authentication import JWTAuthentication


class LoginAuthentication(JWTAuthentication):
    pass
