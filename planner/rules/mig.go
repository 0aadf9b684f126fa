package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-power/gantry/config/diag"
)

// orchestration are the rules about plans with several migrations. All but one are properties of the planner and of the run,
// which no function over facts could check.
func orchestration() []*Rule {
	at := func(id string, moments []string, severity diag.Severity, statement, says, source, elsewhere string) *Rule {
		return &Rule{ID: id, Moments: moments, Severity: severity, Statement: statement, Says: says, Source: source, Elsewhere: elsewhere}
	}
	plan, apply := []string{Plan}, []string{Apply}
	return []*Rule{
		at("MIG-01", plan, diag.Error, "While a partition migrates it counts on both frames.", "Step {n}: {system} would need {need} MB while {partition} is on its way, and has {free} MB.", "S1 Start; BTR", "the planner's stages place and check"),
		at("MIG-02", plan, diag.Error, "Capacity and placement rules hold after every step and during every set of steps that may overlap.", "The end state is fine but step {n} breaks {rule} on {system}. Another order or an interim frame is needed.", "BTR", "the planner's stage check, which walks all instants; the plan's table of room shows the tightest one"),
		at("MIG-03", []string{Validate, Plan}, diag.Error, "Placement rules hold at every moment of a plan; only a group is judged at its end.", "{rule} on {group} cannot be end-only: {group} are nodes of {cluster}.", "BTR; HA-42", "the rules CAP-27, CAP-31 and CAP-32, which look at every place on the way; the language has no word that weakens them"),
		at("MIG-04", plan, diag.Error, "Steps are a graph of dependencies: a move waits for the moves that make room for it.", "{partition} waits for {others} to leave {target}.", "BTR", "the planner's stage place; the run starts what is not blocked"),
		at("MIG-05", plan, diag.Error, "A plan whose steps wait for each other in a circle is not made.", "{list} wait for each other. {remedy} breaks the circle.", "BTR; derived", "the planner's stages order and place, which name the members of the circle and what would break it"),
		at("MIG-06", plan, diag.Advice, "Among the proposals for an evacuation the one with the fewest interruptions, stays and moved memory is taken.", "{n} plans possible; this one moves {mem} GB in {t}.", "BTR (minimise migrations, minimise end times); S3 Automation need", "gantry plan -evacuate"),
		at("MIG-07", planApply, diag.Error, "The number of moves under way stays within what both frames support.", "{n} of {m} moves run; {partition} waits for {limit}.", "FWM; VLPM; VAL", "the planner, which puts a move behind others once a frame's number is reached, and the run, which sends a console no more steps at once than its provider says"),
		{ID: "MIG-09", Moments: plan, Severity: diag.Warning, Statement: "Moves that name their movers are spread over the movers of the frame.",
			Says: "{n} moves use {vios} and none uses {other}.", Source: "NBP; RMSP", Check: moversSpread},
		at("MIG-11", apply, diag.Error, "Inactive moves have a limit of their own and do not wait for active ones.", "{n} powered-off partitions move meanwhile.", "VAL; PYVM; S1 (movers transfer run-time state only)", "the planner, which counts the two kinds of moves apart"),
		at("MIG-12", plan, diag.Advice, "A frame that is evacuated is closed for placements first.", "{system} is closed for placement from step 1 on.", "MAINT; BTR (ban, offline)", "rule CAP-13, which keeps a frame in maintenance closed, and gantry plan -evacuate, which says where a frame is still open"),
		at("MIG-13", plan, diag.Error, "Every partition of an evacuated frame gets one verdict before anything moves.", "{system}: {a} move live, {b} powered off, {c} must stop, {d} have no target: {list}.", "MAINT; S1 Validation (VIOS)", "gantry plan -evacuate"),
		at("MIG-14", plan, diag.Error, "The console's validation of every move succeeds before the first one starts.", "{n} of {m} partitions of {system} cannot leave. Nothing was moved.", "S1 Validation; MAINT", "the run: a plan made against consoles validates all its migrations"),
		at("MIG-15", plan, diag.Advice, "Of the moves that wait for their turn, large ones begin first, while the targets are empty.", "Order: {list}.", "MAINT (most memory first, then priority); HA-47", "the planner, which gives the turns of a frame in that order; nodes of clusters are not known to it yet"),
		at("MIG-16", plan, diag.Error, "Of a group that is kept apart, such as the nodes of a cluster, one member moves at a time.", "{b} moves after {a} is stable ({cluster}).", "HALPM; COLL", "the planner, which puts the moves of an apart group one behind the other"),
		at("MIG-17", plan, diag.Warning, "A group leaves together or not at all.", "{group} is split for about {t} while it moves.", "MAINT; BTR (gather, sync)", "gantry plan -evacuate, and rule CAP-28 for every plan"),
		at("MIG-18", plan, diag.Error, "The frames that take an evacuation keep their headroom.", "Without {system} pool {pool} survives no further failure.", "CAP-11, CAP-12", "gantry plan -evacuate, which gives away no headroom, and rule CAP-14 for every plan"),
		at("MIG-19", apply, diag.Error, "A frame is proved empty before it is handed over.", "{system} still holds {list}. Do not power it off.", "S1 After migration; derived", "gantry plan -evacuate after the moves: it discovers anew and says what the frame still holds"),
		at("MIG-20", plan, diag.Advice, "The way home is remembered, planned anew and checked anew.", "{n} of {m} partitions can return to {system} without a restart.", "PCM; MAINT", "gantry plan -return"),
		at("MIG-21", plan, diag.Warning, "Two full frames swap through a third one: the partition that is cheapest to move twice steps aside, and goes on to its place when the others have made room there.", "{a} and {b} swap through {third}: {partition} moves twice ({mem} GB extra).", "BTR; derived", "the planner's stage place; a warning, because nobody declared that partition on the third frame"),
		at("MIG-22", plan, diag.Error, "A partition steps aside only to a frame that passes every rule, on both of its ways, and keeps its headroom.", "{third} cannot serve as detour for {partition}: {rule}.", "derived from LPM-47, LPM-52, LPM-54", "the planner's stage place, which asks the rules and the provider as for any placement"),
		at("MIG-23", plan, diag.Warning, "Where room is missing and nobody can step aside, the plan says what the partitions that stay could give.", "No frame has {need} MB free. {options}", "derived; S0 (relocating WPARs); CAP-06", "the planner's stage place, in the advice beside the refusal; each way out is the user's choice"),
		at("MIG-24", plan, diag.Error, "A plan that cannot be made says what is missing, how much and where.", "Swap impossible: {gap} MB more on any of {frames} would make it possible.", "domain knowledge", "the planner's stage place"),
		at("MIG-26", apply, diag.Error, "What waits for a failed step is not begun; moves that run end, and what does not depend on the failed step goes on.", "{partition} failed: {text}. {n} running moves finish, {m} waiting steps are held.", "MAINT (operation enters error state); domain knowledge", "the run. The catalogue holds independent moves too; an interrupt does that"),
		at("MIG-27", apply, diag.Error, "After a failure both frames are looked at before anything is done.", "{partition} runs on {system}; the other copy is {state}.", "S1 After migration; NOVA; RECJOB", "the providers' migration engine"),
		at("MIG-28", apply, diag.Error, "What a failure means follows from where the partition is: unchanged, still on the source, on the target, or settled nowhere.", "{partition}: {case}.", "PROC5; RECJOB; NOVA; S1 Validation", "the providers' migration engine"),
		at("MIG-29", apply, diag.Error, "A recovery runs on the source's console, first without force.", "Recover {partition} on {console}? Forced recovery is offered only after a plain one failed.", "MAN; RECJOB; IVMMAN; PYVM", "the providers' migration engine and gantry migrate -recover"),
		at("MIG-30", planApply, diag.Error, "Nothing is done to a partition whose migration is unfinished.", "{action} on {partition} is refused while its migration is unfinished.", "NOVA (recover first); derived", "the planner, which plans nothing for such a partition, and rule LPM-14, which says so"),
		at("MIG-31", apply, diag.Error, "A migration is stopped from the source's console, and where the partition then is is looked up.", "{partition} can no longer be stopped; it will finish on {target}.", "S1 Start (stop); MAN", "the providers' migration engine"),
		at("MIG-33", apply, diag.Error, "A failed plan is not rolled back by itself: moves that succeeded stay.", "{n} of {m} moves are done and stay. Plan forward or plan back?", "domain knowledge; MIG-20", "the run"),
		at("MIG-34", apply, diag.Error, "Resuming means discovering and planning anew.", "Resuming plan {id}: {n} steps already done, {m} left, {k} need recovery first.", "domain knowledge; S1", "the run, which settles the journal of an interrupted apply first"),
		at("MIG-36", apply, diag.Error, "A tool that loses its connection leaves the migration alone and asks again.", "Connection to {console} lost; the migration of {partition} goes on. Reconnecting.", "S1 Start, CLI", "the providers' migration engine"),
		at("MIG-37", apply, diag.Warning, "A transfer that does not advance is reported as stalled, with what usually causes that, and not as failed.", "{partition}: no progress for {t} at {pct}%. Look at {vios} and its link; stop it only before the switch.", "S1 CLI (bytes sent and left); PERF", "the providers' migration engine, after mobility.stalled_after"),
		at("MIG-38", apply, diag.Error, "What can change between planning and a step is looked at again right before it.", "{partition}: {fact} changed since planning. Step held.", "S1 Start (validation repeated at start); GOV-22", "the run: the facts of the step, the room that it needs, the rules of the moment apply, and the console's validation"),
	}
}

// moversSpread speaks where every live move of a frame names one and the same mover while the frame has another.
func moversSpread(f *Facts, r *Reporter) {
	for _, s := range f.Systems {
		for _, attr := range []string{"source_mover", "target_mover"} {
			var moves []*Migration
			var names []string // what each of them names; empty where the console chooses
			for _, m := range f.Migrations {
				if on := map[string]*System{"source_mover": m.Source, "target_mover": m.Target}[attr]; m.Live && on == s {
					moves, names = append(moves, m), append(names, strings.Join(m.Partition.Choices[attr], ""))
				}
			}
			if len(moves) > 1 && s.movers() > 1 && names[0] != "" && len(slices.Compact(sorted(names))) == 1 {
				r.Say(moves[0].Partition.Address, "mobility."+attr, fmt.Sprintf("All %d live moves of %s name %s as mover, and its other movers have nothing to do.", len(moves), s.Label(), names[0]), "Name them in turn, or leave the choice to the console.", "mover", names[0])
			}
		}
	}
}
