# The paper: all figures, and a page that sets each claim beside our number.

PAPER := figure2 figure3 figure4 figure5 figure6 figure8 figure9 figure10

# claims,PAGE,FIGURES
define claims-rule
$1: $(call stamp,claims-$(firstword $2),$2) $(patsubst %,$(D)/%/report.h5,$2) $(patsubst %,$(D)/%/index.html,$2) $(call program,report)
	$$(call stage,report) $(patsubst %,--claims $(D)/%/report.h5,$2) -o $$@
	@echo 'page: $$@'
endef
claims = $(eval $(call claims-rule,$1,$2))$1

.PHONY: paper seeds list smoke
paper: $(call claims,$(RESULTS)/paper$(patsubst %,-%,$(filter-out default-2seeds,$(notdir $(D))))/index.html,$(PAPER))
paper:  ## every figure of the paper, and a page of its claims beside our numbers

# What claims S3, S9, S10 and S12 need, and no more, for runs with more seeds.
SEEDS_COUNTING := $(call all-pairs,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT))
SEEDS_ARITHMETIC := $(call pairs,$(GRU_ARITHMETIC),$(GRU_MULTI_OBJECT)) $(call pairs,$(GRU_ARITHMETIC),$(GRU_SAME_OBJECT))

$(call figure,seeds-figure2,$(call each,mas,$(SEEDS_COUNTING),count count))
$(call figure,seeds-figure3,$(foreach v,rem_ops cumu_val,$(call each,mas,$(SEEDS_ARITHMETIC),$v count)))
$(call figure,seeds-figure4,$(call each-way,linear-map linear-map-affine,$(FIGURE4_SS),count count) $(call each,mas,$(FIGURE4_SS),count count))
$(call figure,seeds-figure10,$(call each,$(HOLDING),$(SEEDS_COUNTING),count count))
seeds: $(call claims,$(RESULTS)/seeds-$(notdir $(D))/index.html,seeds-figure2 seeds-figure3 seeds-figure4 seeds-figure10)
seeds:  ## what S3, S9, S10 and S12 need, with more seeds: make seeds SEEDS=5

# Make says of each alignment of a figure what it would do about it.
list:  ## alignments and which are up to date: make list FIGURES='figure2 figure4'
	@stale=$$($(MAKE) --no-print-directory -nk $(sort $(foreach f,$(FIGURES),$(ALIGNMENTS_$f))) 2>/dev/null | \
	    sed -n 's|.*-o \([^ ]*\.alignment\.h5\)$$|\1|p'); \
	printf '%s\n' $(foreach f,$(FIGURES),$f: $(sort $(or $(ALIGNMENTS_$f),$(error FIGURES: there is no figure $f)))) | while read -r a; do \
	    state='up to date'; \
	    if echo "$$stale" | grep -qxF "$$a"; then state=stale; [ -e $$a ] || state=missing; fi; \
	    case $$a in (*:) echo "$${a%:}";; (*) printf '  %-10s  %s\n' "$$state" "$${a##*/}";; esac; \
	done

smoke: | $(NEEDS) $(PROGRAMS)  ## figure 3 with tiny sizes, to see that everything runs
	@$(MAKE) --no-print-directory PROFILE=smoke figure3
