"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

ALL: list[APIRouter] = []
