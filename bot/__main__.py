"""The entry point. It imports the command line only when it runs: each worker process imports this file again."""


def main() -> None:
    """Runs `attribution-bot`."""
    from bot.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
