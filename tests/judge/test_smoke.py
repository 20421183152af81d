def test_x(world):
    contest, phase = world.contest()
    user, team, enrolment = world.enrolled(contest)
    r = world.upload(user)
    world.judge(r)
