"""What a person filled in is counted or reported, whatever a spreadsheet made of it."""

import csv
import io
import unicodedata

import grade
import marks
import pytest
from autograde import Graded, Text

pytestmark = pytest.mark.classroom

NAME, TASK = "01_tiny", "why-answer"
READ_WRONG = "Müller, Anna".encode().decode("cp1252")


def run(output, *students, missing=(), texts=None) -> dict[str, marks.Row]:
    """Grade without running anything: 80 points and a text to mark for each."""
    tasks = {NAME: {TASK: Text("", 10, 0)}}
    grades = marks.Grades(output, [*students, *missing], tasks)
    for student in students:
        text = {TASK: Text((texts or {}).get(student, "Because."), 10, None)}
        row = grade.row_of(student, NAME, Graded(80, 90, 100))
        grades.add(row, text, "this folder")
    for student in missing:
        nothing = Graded(0, 90, 100, status="not handed in", reason="not there")
        grades.add(grade.row_of(student, NAME, nothing), tasks[NAME], "this folder")
    grades.save()
    return {row.student: row for row in grades.rows.values()}


def rows_in(path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def fill(output, changed=None, points="9", encoding="utf-8", delimiter=",", drop=()):
    """Fill in points, as somebody whose spreadsheet changes names."""
    path = output / "to_mark.csv"
    text = io.StringIO(newline="")
    columns = [name for name in marks.TO_MARK if name not in drop]
    writer = csv.DictWriter(text, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    for row in rows_in(path):
        student = (changed or {}).get(row["student"], row["student"])
        writer.writerow({**row, "points": points, "student": student})
    path.write_bytes(text.getvalue().encode(encoding))


CHANGES = {
    "nothing": ("anna", "anna"),
    "leading zeros": ("0012345", "12345"),
    "a space and another case": ("anna", "Anna "),
    "UTF-8 read as Windows-1252": ("Müller, Anna", READ_WRONG),
    "composed letters": (unicodedata.normalize("NFD", "Zoë"), "Zoë"),
    "a long number": ("12345678901234567", "1.23457E+16"),
    "a date": ("1-2", "02. Jan"),
}


@pytest.mark.parametrize(("student", "changed"), CHANGES.values(), ids=CHANGES)
def test_a_changed_name_costs_no_mark(tmp_path, student, changed):
    run(tmp_path, student, "ben")
    fill(tmp_path, {student: changed})
    graded = run(tmp_path, student, "ben")
    assert (graded[student].by_hand, graded[student].by_hand_outstanding) == (9, 0)
    assert graded[student].total == 89
    names = [row["student"] for row in rows_in(tmp_path / "to_mark.csv")]
    assert names == sorted([student, "ben"])


@pytest.mark.parametrize(
    ("student", "changed"), list(CHANGES.values())[:-2], ids=list(CHANGES)[:-2]
)
def test_without_codes_names_that_are_alike_are_matched(tmp_path, student, changed):
    run(tmp_path, student, "ben")
    fill(tmp_path, {student: changed}, drop=["code", "note"])
    assert run(tmp_path, student, "ben")[student].by_hand == 9


@pytest.mark.parametrize("drop", [[], ["code"]])
def test_names_that_are_alike_stay_apart(tmp_path, drop):
    run(tmp_path, "007", "7")
    fill(tmp_path, drop=drop)
    path = tmp_path / "to_mark.csv"
    path.write_text(path.read_text().replace(",9,", ",4,", 1))
    graded = run(tmp_path, "007", "7")
    assert (graded["007"].by_hand, graded["7"].by_hand) == (4, 9)


def test_the_mark_of_one_who_is_not_here_is_not_given_to_one_of_a_name_alike(tmp_path):
    run(tmp_path, "007")
    fill(tmp_path)
    (tmp_path / "grades.csv").rename(tmp_path / "elsewhere.csv")
    graded = run(tmp_path, "7")
    assert graded["7"].by_hand == 0
    assert [row["points"] for row in rows_in(tmp_path / "to_mark.csv")] == ["9", ""]


UNCLEAR = {
    "nobody's": "student,assignment,task,points,max\n1.23E+16,01_tiny,why-answer,9,10",
    "of no task": "student,assignment,task,points,max\nanna,02_other,why-answer,9,10",
    "two for one text": (
        "student,assignment,task,points,max\n"
        "anna,01_tiny,why-answer,9,10\nanna,01_tiny,why-answer,8,10"
    ),
    "sorted in part": (
        "code,student,assignment,task,points,max\n"
        f"{marks.code_of('ben')},anna,01_tiny,why-answer,9,10"
    ),
    "empty": "student,assignment,task,points,max\nanna,01_tiny,why-answer,,10",
    "gone": "student,assignment,task,points,max\nben,01_tiny,why-answer,9,10",
    "too many": "student,assignment,task,points,max\nanna,01_tiny,why-answer,11,10",
    "negative": "student,assignment,task,points,max\nanna,01_tiny,why-answer,-1,10",
    "a date": "student,assignment,task,points,max\nanna,01_tiny,why-answer,08. Mai,10",
    "no number": "student,assignment,task,points,max\nanna,01_tiny,why-answer,nan,10",
}


@pytest.mark.parametrize("content", UNCLEAR.values(), ids=UNCLEAR)
def test_marks_that_are_not_clear_are_reported_before_anything_is_written(
    tmp_path, content
):
    run(tmp_path, "anna", "ben")
    fill(tmp_path)
    run(tmp_path, "anna", "ben")
    (tmp_path / "to_mark.csv").write_text(content)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match=r"to_mark\.csv: .*\n.*row "):
        run(tmp_path, "anna", "ben")
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_spreadsheets_save_is_read(tmp_path, encoding, delimiter):
    run(tmp_path, "Müller, Anna")
    fill(tmp_path, points="7,5", encoding=encoding, delimiter=delimiter, drop=["code"])
    assert run(tmp_path, "Müller, Anna")["Müller, Anna"].by_hand == 7.5
    saved = (tmp_path / "to_mark.csv").read_bytes()
    assert saved.startswith(b"\xef\xbb\xbf")
    # 7.5 would be a date for the spreadsheet that wrote 7,5.
    assert "7,5" in saved.decode("utf-8-sig")
    assert run(tmp_path, "Müller, Anna")["Müller, Anna"].by_hand == 7.5


def test_a_file_without_the_columns_is_named(tmp_path):
    (tmp_path / "to_mark.csv").write_text("student;task\nanna;why\n")
    with pytest.raises(ValueError, match=r"to_mark\.csv.*points"):
        run(tmp_path, "anna")


def test_who_is_not_in_this_folder_keeps_row_and_mark(tmp_path):
    run(tmp_path, "anna", "ben")
    fill(tmp_path)
    run(tmp_path, "carla")
    graded = {row["student"]: row for row in rows_in(tmp_path / "grades.csv")}
    assert list(graded) == ["anna", "ben", "carla"]
    # Filled in before carla's folder was graded, and counted all the same.
    assert [row["total"] for row in graded.values()] == ["89", "89", "80"]
    assert run(tmp_path, "anna", "ben")["anna"].by_hand == 9


def test_a_notebook_that_is_missing_once_keeps_its_row_and_says_so(tmp_path):
    run(tmp_path, "anna", "ben")
    fill(tmp_path)
    for _ in range(2):
        graded = run(tmp_path, "anna", missing=["ben"])
        assert (graded["ben"].status, graded["ben"].total) == ("graded", 89)
        assert graded["ben"].reason.count("not handed in: not there") == 1
    assert run(tmp_path, "anna", "ben")["ben"].reason == ""


def test_another_text_under_a_mark_is_said_until_the_note_is_emptied(tmp_path):
    run(tmp_path, "anna", "ben")
    fill(tmp_path)
    for _ in range(2):
        graded = run(tmp_path, "anna", "ben", texts={"ben": "asdf"})
        notes = [bool(row["note"]) for row in rows_in(tmp_path / "to_mark.csv")]
        assert notes == [False, True]
        assert graded["ben"].by_hand == 9
    fill(tmp_path, drop=["note"])
    run(tmp_path, "anna", "ben", texts={"ben": "asdf"})
    assert not any(row["note"] for row in rows_in(tmp_path / "to_mark.csv"))


def test_columns_of_a_person_are_kept(tmp_path):
    run(tmp_path, "anna")
    path = tmp_path / "to_mark.csv"
    first, row = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text(f"{first},My comment\n{row},a fine letter\n")
    run(tmp_path, "anna")
    assert rows_in(path)[0]["My comment"] == "a fine letter"


def test_columns_of_a_person_in_the_grades_are_kept(tmp_path):
    run(tmp_path, "anna")
    path = tmp_path / "grades.csv"
    first, row = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text(f"{first},late penalty\n{row},-10\n")
    run(tmp_path, "anna", "ben")
    assert [row["late penalty"] for row in rows_in(path)] == ["-10", ""]


LOSING = {
    "no heading": ("", ",a fine letter"),
    "an empty heading": (",", ",a fine letter"),
    "ours twice": (",Max", ",9"),
    "a person's twice": (",mine,mine", ",a,b"),
}


@pytest.mark.parametrize("name", ["grades.csv", "to_mark.csv"])
@pytest.mark.parametrize("more", LOSING.values(), ids=LOSING)
def test_a_cell_that_would_get_lost_is_reported(tmp_path, name, more):
    run(tmp_path, "anna")
    path = tmp_path / name
    first, row = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text(f"{first}{more[0]}\n{row}{more[1]}\n")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=name):
        run(tmp_path, "anna")
    assert path.read_bytes() == before


def test_what_was_there_before_is_in_the_backups(tmp_path):
    run(tmp_path, "anna")
    fill(tmp_path)
    filled = (tmp_path / "to_mark.csv").read_bytes()
    run(tmp_path, "anna")
    run(tmp_path, "anna")
    assert filled in [p.read_bytes() for p in (tmp_path / "backups").glob("to_mark-*")]


def test_marks_filled_in_while_grading_are_not_overwritten(tmp_path):
    run(tmp_path, "anna")
    grades = marks.Grades(tmp_path, ["anna"], {NAME: {TASK: Text("", 10, 0)}})
    fill(tmp_path)
    filled = (tmp_path / "to_mark.csv").read_bytes()
    grades.save()
    assert grades.left
    assert (tmp_path / "to_mark.csv").read_bytes() == filled
    assert run(tmp_path, "anna")["anna"].by_hand == 9


@pytest.mark.parametrize("text", ["=1+1", "\t=HYPERLINK(1)", "@a", "-1", "+1"])
def test_a_text_is_no_formula_in_a_spreadsheet(tmp_path, text):
    run(tmp_path, "anna", "=ben", texts={"anna": text})
    rows = rows_in(tmp_path / "to_mark.csv")
    assert [row["student"] for row in rows] == ["'=ben", "anna"]
    assert rows[1]["text"] == f"'{text}"
    fill(tmp_path, drop=["code"])
    assert run(tmp_path, "anna", "=ben")["=ben"].by_hand == 9


@pytest.mark.parametrize("text", ["", "lone \ud83d", "nul \0", "y" * 200_000])
def test_an_odd_text_can_be_written_and_read_again(tmp_path, text):
    run(tmp_path, "anna", texts={"anna": text})
    fill(tmp_path)
    graded = run(tmp_path, "anna", texts={"anna": text})
    assert graded["anna"].by_hand == 9
    (row,) = rows_in(tmp_path / "to_mark.csv")
    assert len(row["text"]) < 32_767  # what a cell of a spreadsheet holds
    assert row["note"] == ""


def test_files_of_version_1_0_are_taken_over(tmp_path, monkeypatch):
    before, now = tmp_path / "_build" / "grades", tmp_path / "grades"
    before.mkdir(parents=True)
    (before / "grades.csv").write_text(
        "student,assignment,automatic,automatic_max,by_hand,by_hand_outstanding,total,"
        f"max,status,reason\nMüller,{NAME},80,90,8.5,0,88.5,100,graded,\n"
    )
    (before / "to_mark.csv").write_text(
        "student,assignment,task,points,max,text\n"
        f"Müller,{NAME},{TASK},8.5,10,Because.\n"
    )
    monkeypatch.setattr(grade, "GRADES", now)
    monkeypatch.setattr(grade, "GRADES_OF_1_0", before)
    monkeypatch.setattr(grade, "check_package", lambda: None)
    monkeypatch.setattr("sys.argv", ["grade.py", str(tmp_path / "not there")])
    assert "not there" in grade.main()
    assert not before.exists()
    graded = run(now, "Müller", "anna")
    assert (graded["Müller"].by_hand, graded["Müller"].total) == (8.5, 88.5)
    assert [row["note"] for row in rows_in(now / "to_mark.csv")] == ["", ""]


def test_grades_saved_with_semicolons_are_read_again(tmp_path):
    run(tmp_path, "anna", "ben")
    fill(tmp_path, points="8,5", delimiter=";")
    run(tmp_path, "anna", "ben")
    path = tmp_path / "grades.csv"
    saved = path.read_text(encoding="utf-8-sig").replace(",", ";").replace(".", ",")
    path.write_bytes(saved.encode("cp1252"))
    graded = run(tmp_path, "ben")
    assert {row.total for row in graded.values()} == {88.5}
    assert ";88,5;" in path.read_text(encoding="utf-8-sig")


def test_an_older_copy_loses_no_text_that_is_yet_to_be_marked(tmp_path):
    run(tmp_path, "anna")
    older = (tmp_path / "to_mark.csv").read_bytes()
    run(tmp_path, "late_carla")
    (tmp_path / "to_mark.csv").write_bytes(older)  # from a window that stayed open
    graded = run(tmp_path, "anna")
    assert graded["late_carla"].by_hand_outstanding == 10
    row = rows_in(tmp_path / "to_mark.csv")[1]
    assert (row["student"], row["text"]) == ("late_carla", "Because.")


def test_without_any_copy_what_is_yet_to_be_marked_stays_so(tmp_path):
    run(tmp_path, "anna", "ben")
    for path in (tmp_path / "to_mark.csv", tmp_path / "backups" / marks.LAST):
        path.unlink()
    assert run(tmp_path, "anna")["ben"].by_hand_outstanding == 10


def test_an_older_copy_loses_no_points(tmp_path):
    run(tmp_path, "anna", "ben")
    older = (tmp_path / "to_mark.csv").read_bytes()
    fill(tmp_path)
    run(tmp_path, "anna", "ben")
    (tmp_path / "to_mark.csv").write_bytes(older)
    with pytest.raises(ValueError, match=r"anna(.|\n)*ben"):
        run(tmp_path, "anna", "ben")
    fill(tmp_path, points="0")
    assert run(tmp_path, "anna", "ben")["anna"].total == 80


def test_points_of_one_of_two_texts_that_are_gone_are_reported(tmp_path):
    run(tmp_path, "anna")
    grades = marks.Grades(tmp_path, ["anna"], {NAME: {}})
    row = grades.rows[marks.code_of("anna"), NAME]
    grades.add(row, {"how": Text("So.", 10, None)}, "this folder")
    grades.save()
    fill(tmp_path, points="4")
    assert run(tmp_path, "anna")["anna"].by_hand == 8
    path = tmp_path / "to_mark.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match="01_tiny, how"):
        run(tmp_path, "anna")


def test_points_for_an_older_text_in_an_older_copy_are_noted(tmp_path):
    run(tmp_path, "anna", texts={"anna": "First."})
    older = (tmp_path / "to_mark.csv").read_bytes()
    run(tmp_path, "anna", texts={"anna": "Second."})
    (tmp_path / "to_mark.csv").write_bytes(older)
    fill(tmp_path)
    run(tmp_path, "ben")
    row, _ = rows_in(tmp_path / "to_mark.csv")
    assert (row["points"], row["text"], row["note"]) == ("9", "Second.", marks.CHANGED)


def test_a_student_of_another_name_gets_the_marks_as_the_message_says(tmp_path):
    run(tmp_path, "anna")
    fill(tmp_path)
    run(tmp_path, "anna")
    fill(tmp_path, {"anna": "Anna Schmidt"}, drop=["code"])
    path = tmp_path / "grades.csv"
    with pytest.raises(ValueError, match=r"grades\.csv"):
        run(tmp_path, "Anna Schmidt")
    path.write_text(path.read_text(encoding="utf-8-sig").splitlines()[0] + "\n")
    graded = run(tmp_path, "Anna Schmidt")
    assert {name: row.total for name, row in graded.items()} == {"Anna Schmidt": 89}
    (row,) = rows_in(tmp_path / "to_mark.csv")
    assert row["student"] == "Anna Schmidt"


@pytest.mark.parametrize(("points", "total"), [(0, 80), (85, 85)])
def test_a_busy_computer_takes_no_points_away(tmp_path, points, total):
    run(tmp_path, "anna")
    grades = marks.Grades(tmp_path, ["anna"], {NAME: {}})
    stopped = Graded(points, 90, 100, status="stopped", reason="too slow")
    row = grades.add(grade.row_of("anna", NAME, stopped), {}, "this folder")
    assert row.total == total
    assert row.status == ("graded" if points < 80 else "stopped")
    assert "too slow" in row.reason


def test_a_stopped_notebook_is_no_worse_than_none(tmp_path):
    grades = marks.Grades(tmp_path, ["anna"], {NAME: {}})
    stopped = Graded(0, 90, 100, status="stopped", reason="too slow")
    assert grades.add(grade.row_of("anna", NAME, stopped), {}, "").status == "stopped"


def test_a_change_of_the_grades_meanwhile_is_said_and_kept(tmp_path, capsys):
    run(tmp_path, "anna")
    grades = marks.Grades(tmp_path, ["anna"], {NAME: {}})
    path = tmp_path / "grades.csv"
    changed = path.read_bytes().replace(b",80,", b",85,")
    path.write_bytes(changed)
    grades.save()
    grade._tell(grades)
    assert "grades.csv" in capsys.readouterr().out
    copies = [copy.read_bytes() for copy in (tmp_path / "backups").glob("grades-*")]
    assert changed in copies


@pytest.mark.parametrize("name", ["grades.csv", "to_mark.csv"])
def test_a_file_that_is_open_elsewhere_loses_nothing(tmp_path, monkeypatch, name):
    run(tmp_path, "anna")
    whole = marks.write_whole

    def locked(path, content):
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        whole(path, content)

    before = (tmp_path / name).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(marks, "write_whole", locked)
        run(tmp_path, "ben")
        with pytest.raises(ValueError, match=name):
            grade.count(tmp_path, tmp_path)
    assert (tmp_path / name).read_bytes() == before
    fill(tmp_path)
    grade.count(tmp_path, tmp_path)
    assert [row["student"] for row in rows_in(tmp_path / name)] == ["anna", "ben"]
    assert not (tmp_path / "backups" / marks.UNSAVED).exists()


def test_count_counts_and_grades_nothing(tmp_path, monkeypatch, capsys):
    run(tmp_path, "anna", "ben")
    fill(tmp_path)
    arguments = ["grade.py", "--count", "--output", str(tmp_path)]
    monkeypatch.setattr("sys.argv", arguments)
    assert grade.main() is None
    assert [row["total"] for row in rows_in(tmp_path / "grades.csv")] == ["89", "89"]
    assert "anna" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", [*arguments[:-1], str(tmp_path / "nothing")])
    assert "nothing" in grade.main()
    assert not (tmp_path / "nothing").exists()
