"""A tabu search for job shops, in plain Python and with a fixed number of steps: the same instance and the same number
give the same schedule on every machine.

Theory of operation. A schedule is the order of jobs on each machine; its makespan is the longest path through the graph
of both kinds of precedence. Only a change on a longest path can shorten it, so each step takes one longest path, cuts
it into blocks (runs of operations on one machine) and looks at moving an operation of a block behind its last or before
its first one, or an end of it inwards: the neighbourhood of Zhang et al. (Computers & Operations Research 34 (2007)
3229-3242) with the conditions of Balas and Vazacopoulos (Management Science 44 (1998) 262-275) that keep the graph free
of cycles, and their estimate, which looks at the moved operations alone. The best move that does not undo a recent one
is made, even where it is worse. After a long time without progress the search goes back to the best schedule and shakes
it.

Operations are numbered through. `head` is the earliest end of an operation, `tail` the longest way from its start to
the end of all; number `count` stands for "none" in both directions, with head and tail 0. `order` is a topological
order of all operations: after a move only the stretch of it between the two ends has to be mended, heads are computed
anew from there on and tails from there back.
"""

# ruff: noqa: FURB136, PLR1730 - in the loops over all operations a call of max costs more than the comparison

import itertools
import random
from collections.abc import Sequence

from challenges.industry.instances import Jobs

PATIENCE = 2_000
"""Steps without progress before the search goes back to its best schedule."""
SHAKES = 20
"""Random steps after going back."""


class Search:
    """One search on one instance, in which every job comes to a machine at most once."""

    def __init__(self, jobs: Jobs, start: Sequence[Sequence[int]], *, seed: int = 1) -> None:
        """`start[i]`: the jobs in order on machine i; it must be feasible."""
        self._random = random.Random(seed)  # noqa: S311 - a search, no secret
        self._number = [[0] * len(job) for job in jobs]
        self.machine_of: list[int] = []
        self.job_of: list[int] = []
        self.duration: list[int] = []
        self.job_before: list[int] = []
        self.job_after: list[int] = []
        self.count = sum(map(len, jobs))
        self._list_operations(jobs)
        self.jobs = len(jobs)
        at = {(self.machine_of[op], self.job_of[op]): op for op in range(self.count)}
        self.machine_before = [self.count] * (self.count + 1)
        self.machine_after = [self.count] * (self.count + 1)
        for machine, sequence in enumerate(start):
            ops = [at[machine, job] for job in sequence]
            for one, next_one in itertools.pairwise(ops):
                self.machine_after[one], self.machine_before[next_one] = next_one, one
        self.head = [0] * (self.count + 1)
        self.tail = [0] * (self.count + 1)
        self.order = self._sorted()
        self.place = [0] * (self.count + 1)
        for place, op in enumerate(self.order):
            self.place[op] = place
        self._until: dict[int, int] = {}
        self._forward(0)
        self._backward(self.count - 1)
        self.length = self._length()
        self.best = self.length
        self._kept = self._copy()

    def _list_operations(self, jobs: Jobs) -> None:
        none = self.count
        for number, job in enumerate(jobs):
            for k, (machine, duration) in enumerate(job):
                op = len(self.duration)
                self.machine_of.append(machine)
                self.job_of.append(number)
                self.duration.append(duration)
                self.job_before.append(op - 1 if k else none)
                self.job_after.append(op + 1 if k + 1 < len(job) else none)
        self.machine_of.append(-1)
        self.job_of.append(-1)
        self.duration.append(0)
        self.job_before.append(none)
        self.job_after.append(none)

    # -----------------------------------------------------------------------------------------------------------------
    # The graph

    def _sorted(self) -> list[int]:
        """A topological order of the graph."""
        none = self.count
        left = [(self.job_before[op] != none) + (self.machine_before[op] != none) for op in range(none)]
        order = [op for op in range(none) if not left[op]]
        for op in order:
            for after in (self.job_after[op], self.machine_after[op]):
                if after != none:
                    left[after] -= 1
                    if not left[after]:
                        order.append(after)  # the list is its own queue
        return order

    def _forward(self, place: int) -> None:
        """Heads from a place of the order on."""
        head, duration = self.head, self.duration
        job_before, machine_before = self.job_before, self.machine_before
        for op in self.order[place:]:
            by_job, by_machine = head[job_before[op]], head[machine_before[op]]
            head[op] = duration[op] + (by_job if by_job > by_machine else by_machine)

    def _backward(self, place: int) -> None:
        """Tails from a place of the order back."""
        tail, duration = self.tail, self.duration
        job_after, machine_after = self.job_after, self.machine_after
        for op in self.order[place::-1]:
            by_job, by_machine = tail[job_after[op]], tail[machine_after[op]]
            tail[op] = duration[op] + (by_job if by_job > by_machine else by_machine)

    def _length(self) -> int:
        return max(self.head)

    def _path(self) -> list[int]:
        """A longest path, from its end to its start turned around; where there are several, by chance."""
        head, duration, none = self.head, self.duration, self.count
        ends = [op for op in range(none) if head[op] == self.length]
        op = ends[int(self._random.random() * len(ends))]
        path = [op]
        while True:
            start = head[op] - duration[op]
            if not start:
                return path[::-1]
            by_job, by_machine = self.job_before[op], self.machine_before[op]
            if head[by_machine] != start or (head[by_job] == start and self._random.random() < 0.5):
                op = by_job
            else:
                op = by_machine
            path.append(op)

    # -----------------------------------------------------------------------------------------------------------------
    # Moves: the operations from the moved one to its target, and whether it goes behind that

    def _blocks(self) -> list[list[int]]:
        blocks: list[list[int]] = []
        machine = -1
        for op in self._path():
            if self.machine_of[op] != machine:
                machine = self.machine_of[op]
                blocks.append([])
            blocks[-1].append(op)
        return [block for block in blocks if len(block) > 1]

    def _moves(self) -> list[tuple[list[int], bool]]:
        """What may be done to the longest path, as (operations from the moved one to the target, behind)."""
        moves = []
        for block in self._blocks():
            backwards = block[::-1]
            for i in range(len(block) - 1):
                moves += [(block[i:], True), (backwards[i:], False)]  # anyone to an end
            for i in range(3, len(block)):
                moves += [(block[:i], True), (backwards[:i], False)]  # an end inwards; a swap of neighbours is above
            if len(block) == 2:
                moves.pop()  # a swap is the same from both sides
        return [move for move in moves if self._keeps_acyclic(*move)]

    def _keeps_acyclic(self, ops: list[int], behind: bool) -> bool:
        """Whether the move surely closes no cycle: no way leads from the moved one's job to its target (Balas and
        Vazacopoulos, propositions 2.2 and 2.3)."""
        moved, target = ops[0], ops[-1]
        if behind:
            return self.tail[target] >= self.tail[self.job_after[moved]]
        return self.head[target] >= self.head[self.job_before[moved]]

    def _estimate_behind(self, ops: list[int]) -> int:
        """The longest path through the operations of a move, where the first goes behind the last of them."""
        head, tail, duration = self.head, self.tail, self.duration
        job_before, job_after = self.job_before, self.job_after
        moved = ops[0]
        end = head[self.machine_before[moved]]
        starts = []
        for op in (*ops[1:], moved):
            by_job = head[job_before[op]]
            if by_job > end:
                end = by_job
            starts.append(end)
            end += duration[op]
        rest = tail[self.machine_after[ops[-1]]]
        longest = 0
        for op, start in zip((moved, *ops[:0:-1]), reversed(starts), strict=True):
            by_job = tail[job_after[op]]
            rest = duration[op] + (by_job if by_job > rest else rest)
            if start + rest > longest:
                longest = start + rest
        return longest

    def _estimate_before(self, ops: list[int]) -> int:
        """The same where the first goes before the last of them; `ops` runs against time."""
        head, tail, duration = self.head, self.tail, self.duration
        job_before, job_after = self.job_before, self.job_after
        moved = ops[0]
        rest = tail[self.machine_after[moved]]
        tails = []
        for op in (*ops[1:], moved):
            by_job = tail[job_after[op]]
            rest = duration[op] + (by_job if by_job > rest else rest)
            tails.append(rest)
        end = head[self.machine_before[ops[-1]]]
        longest = 0
        for op, rest in zip((moved, *ops[:0:-1]), reversed(tails), strict=True):
            by_job = head[job_before[op]]
            if by_job > end:
                end = by_job
            if end + rest > longest:
                longest = end + rest
            end += duration[op]
        return longest

    def _apply(self, ops: list[int], *, behind: bool) -> None:
        """Make a move and mend heads, tails and order."""
        before, after = self.machine_before, self.machine_after
        if not behind:
            before, after = after, before
        moved, target = ops[0], ops[-1]
        outer, beyond = before[moved], after[target]
        after[outer], before[ops[1]] = ops[1], outer
        after[target], before[moved] = moved, target
        after[moved], before[beyond] = beyond, moved
        none = self.count
        before[none] = after[none] = none
        low, high = sorted((self.place[moved], self.place[target]))
        self._mend(moved, low, high, behind=behind)
        self._forward(low)
        self._backward(high)
        self.length = self._length()

    def _mend(self, moved: int, low: int, high: int, *, behind: bool) -> None:
        """Bring the stretch of the order between both ends of a move back into a topological order: what follows the
        moved operation goes behind all the rest (or what leads to it before)."""
        stretch = self.order[low : high + 1]
        if behind:
            by_job, by_machine = self.job_before, self.machine_before
        else:
            stretch.reverse()
            by_job, by_machine = self.job_after, self.machine_after
        bound = {moved}
        staying, going = [], [moved]
        for op in stretch[1:]:
            if by_job[op] in bound or by_machine[op] in bound:
                bound.add(op)
                going.append(op)
            else:
                staying.append(op)
        mended = staying + going
        if not behind:
            mended.reverse()
        self.order[low : high + 1] = mended
        for place, op in enumerate(mended, low):
            self.place[op] = place

    # -----------------------------------------------------------------------------------------------------------------
    # The search

    def run(self, steps: int) -> int:
        """The makespan of the best schedule after so many more steps; `best_orders` has it."""
        low = 10 + self.jobs / (1 + max(self.machine_of))
        idle = 0
        for step in range(1, steps + 1):
            if idle == PATIENCE:
                self._return(shakes=SHAKES)
                idle = 0
            move = self._choose(step)
            if move is None:
                break
            self._forbid(move, step + int(low * (1 + 0.4 * self._random.random())))
            self._apply(move[0], behind=move[1])
            idle += 1
            if self.length < self.best:
                self.best, self._kept, idle = self.length, self._copy(), 0
        return self.best

    def _choose(self, step: int) -> tuple[list[int], bool] | None:
        """The move with the smallest estimate that is not forbidden, or that would beat the best; by chance where all
        are forbidden; None where the longest path allows none, which proves the schedule optimal."""
        moves = self._moves()
        if not moves:
            return None
        chosen, smallest, ties = None, 1 << 60, 0
        for move in moves:
            ops, behind = move
            value = self._estimate_behind(ops) if behind else self._estimate_before(ops)
            if value > smallest or (value >= self.best and self._forbidden(move, step)):
                continue
            ties = ties + 1 if value == smallest else 1
            if self._random.random() * ties < 1:
                chosen, smallest = move, value
        return chosen or moves[int(self._random.random() * len(moves))]

    def _forbid(self, move: tuple[list[int], bool], until: int) -> None:
        """The moved operation shall not go back over any that it has passed."""
        (moved, *passed), behind = move
        for op in passed:
            first, then = (moved, op) if behind else (op, moved)
            self._until[first * self.count + then] = until

    def _forbidden(self, move: tuple[list[int], bool], step: int) -> bool:
        (moved, *passed), behind = move
        for op in passed:
            first, then = (op, moved) if behind else (moved, op)
            if self._until.get(first * self.count + then, 0) > step:
                return True
        return False

    def _copy(self) -> tuple[list[int], list[int], list[int]]:
        return self.machine_before.copy(), self.machine_after.copy(), self.order.copy()

    def _return(self, *, shakes: int) -> None:
        """Back to the best schedule, then a few steps by chance."""
        before, after, order = self._kept
        self.machine_before, self.machine_after, self.order = before.copy(), after.copy(), order.copy()
        for place, op in enumerate(self.order):
            self.place[op] = place
        self._until.clear()
        self._forward(0)
        self._backward(self.count - 1)
        self.length = self._length()
        for _ in range(shakes):
            moves = self._moves()
            if not moves:
                break
            ops, behind = moves[int(self._random.random() * len(moves))]
            self._apply(ops, behind=behind)

    def best_orders(self) -> list[list[int]]:
        """The jobs in order on each machine in the best schedule found."""
        sequences: list[list[int]] = [[] for _ in range(1 + max(self.machine_of))]
        for op in self._kept[2]:
            sequences[self.machine_of[op]].append(self.job_of[op])
        return sequences
