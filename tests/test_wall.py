"""Pages that stand where something else was asked for."""

import pytest

from feeds.errors import Trouble
from feeds.wall import WALL_TEXT, wall


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment...",
        "Attention Required! | Cloudflare",
        "Access Denied",
        "Access to this page has been denied",
        "403 Forbidden",
        "Error 403",
        "Request Rejected",
        "Pardon Our Interruption",
        "ERROR: The request could not be satisfied",
        "Human Verification",
        "Verifying you are human",
        "Security Check",
        "Log in | Ministry",
        "Sign in to continue",
        "Connexion",
        "401 Unauthorized",
    ],
)
def test_challenge_refusal_and_login_titles_are_blocked(title: str) -> None:
    assert wall(title, "") is Trouble.BLOCKED


@pytest.mark.parametrize(
    "text",
    [
        "Enable JavaScript and cookies to continue",
        "The requested URL was rejected. Please consult with your administrator.",
        "Request unsuccessful. Incapsula incident ID: 0",
        "You don't have permission to access this on this server.",
    ],
)
def test_a_wall_without_a_title_is_known_by_its_words(text: str) -> None:
    assert wall("", text) is Trouble.BLOCKED


@pytest.mark.parametrize(
    "title",
    [
        "404",
        "404 - Not Found",
        "Error 404",
        "Page not found | Ministry",
        "Sorry, the page could not be found",
        "Oops! Page not found",
        "Not Found",
        "Page introuvable",
        "Seite nicht gefunden",
        "Página no encontrada",
        "Сторінку не знайдено",
    ],
)
def test_not_found_titles_are_soft_404(title: str) -> None:
    assert wall(title, "") is Trouble.SOFT_404


@pytest.mark.parametrize(
    "title",
    [
        "Statement on cyber operations against our parliament",
        "Access to documents: new rules",
        "Foundations of cyber law",
        "Signing of the agreement on cyber cooperation",
        "Not a game: how hackers were found",
        "Security update for the water sector",
        "Login credentials stolen by state-sponsored group",
        "4040 systems cleaned",
        "Unauthorised access to the ministry's network",
        "Forbidden goods seized",
        "",
    ],
)
def test_titles_of_real_posts_are_no_walls(title: str) -> None:
    assert wall(title, "The ministry condemns this.") is None


def test_a_page_that_says_much_is_no_wall_whatever_its_title() -> None:
    assert wall("Access denied: how the intruders were shut out", "word " * WALL_TEXT) is None
